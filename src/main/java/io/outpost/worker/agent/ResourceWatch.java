package io.outpost.worker.agent;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Looks now and then whether a run keeps to what the kernel limits only for each process or file:
 * the memory and the disk of all of them together. For one run and one thread.
 */
final class ResourceWatch {

  private static final long SHORTEST_PAUSE = TimeUnit.SECONDS.toNanos(1);

  /** So that counting a large tree of files takes a small part of the time. */
  private static final int PAUSE_PER_COUNT = 20;

  private final long memory;
  private final long disk;
  private long pause = SHORTEST_PAUSE;

  /** Both limits in bytes. */
  ResourceWatch(long memory, long disk) {
    this.memory = memory;
    this.disk = disk;
  }

  /** Nanoseconds until the next look. */
  long pause() {
    return pause;
  }

  /** Which limit the run does not keep to, if any. */
  Optional<StopReason> exceeded(Supplier<Stream<ProcessHandle>> processes, JobDirectory directory) {
    long began = System.nanoTime();
    long inMemory = processes.get().mapToLong(ProcessTable::ownMemory).sum();
    long onDisk =
        List.of(directory.work(), directory.home(), directory.tmp()).stream()
            .mapToLong(ResourceWatch::size)
            .sum();
    pause = Math.max(SHORTEST_PAUSE, PAUSE_PER_COUNT * (System.nanoTime() - began));
    if (inMemory > memory) {
      return Optional.of(StopReason.MEMORY_LIMIT);
    }
    return onDisk > disk ? Optional.of(StopReason.DISK_LIMIT) : Optional.empty();
  }

  /** Bytes of the files in a tree that may change under our eyes; links are not followed. */
  private static long size(Path root) {
    long[] sum = {0};
    try {
      Files.walkFileTree(
          root,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
              sum[0] += attributes.size();
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException gone) {
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path folder, IOException changed) {
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return sum[0];
  }
}
