package io.outpost.worker.agent;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A lock file of one worker on this machine, held until it is closed or its process ends.
 * Thread-safe.
 */
final class WorkerLock implements AutoCloseable {

  /**
   * Lock files that this process holds. A process loses a lock when it closes any channel of the
   * file (java.nio.channels.FileLock), so none of these files may be opened again.
   */
  private static final Set<Path> OURS = ConcurrentHashMap.newKeySet();

  private final Path file;
  private final FileChannel channel;

  private WorkerLock(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /** Takes the lock of a file in an existing directory; empty when another worker has it. */
  static Optional<WorkerLock> take(Path file, FileAttribute<?>... made) throws IOException {
    Path directory = Objects.requireNonNull(file.getParent(), "A lock is in a directory");
    Path real = directory.toRealPath().resolve(file.getFileName());
    if (!OURS.add(real)) {
      return Optional.empty();
    }
    FileChannel channel = null;
    boolean taken = false;
    try {
      channel =
          FileChannel.open(real, Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE), made);
      taken = channel.tryLock() != null;
      return taken ? Optional.of(new WorkerLock(real, channel)) : Optional.empty();
    } finally {
      if (!taken) {
        if (channel != null) {
          channel.close();
        }
        OURS.remove(real);
      }
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
    OURS.remove(file);
  }
}
