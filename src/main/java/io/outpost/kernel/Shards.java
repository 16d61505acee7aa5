package io.outpost.kernel;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Spreads the entries of an index over several partitions, so that no status or kind makes one
 * partition too busy.
 */
public final class Shards {

  private static final int COUNT = 8;

  private Shards() {}

  /** The shard of an id, under a prefix such as {@code open}. */
  public static String of(String prefix, String id) {
    return prefix + "#" + Math.floorMod(id.hashCode(), COUNT);
  }

  /** All shards of a prefix. */
  public static List<String> all(String prefix) {
    return IntStream.range(0, COUNT).mapToObj(i -> prefix + "#" + i).toList();
  }

  /** Reads shards side by side; what they contain comes in the order of the shards. */
  public static <T> List<T> read(List<String> shards, Function<String, List<T>> reader) {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var reads =
          shards.stream()
              .map(shard -> CompletableFuture.supplyAsync(() -> reader.apply(shard), threads))
              .toList();
      return reads.stream().flatMap(read -> read.join().stream()).toList();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }
}
