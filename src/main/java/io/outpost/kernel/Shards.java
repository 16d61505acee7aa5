package io.outpost.kernel;

import java.util.List;
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
}
