package io.outpost.local;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * The folder that keeps state over restarts. Only its owner can read it, because it contains
 * secrets, and only one process can use it.
 */
final class DataFolder implements AutoCloseable {

  private final Path root;
  private final FileChannel lock;

  private DataFolder(Path root, FileChannel lock) {
    this.root = root;
    this.lock = lock;
  }

  /**
   * Opens a folder, which is created if necessary. Fails if another process, or another test, has
   * it open.
   */
  static DataFolder open(Path folder) throws IOException {
    Path root = create(folder.toAbsolutePath().normalize());
    FileChannel channel =
        FileChannel.open(root.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (channel.tryLock() != null) {
        return new DataFolder(root, channel);
      }
    } catch (OverlappingFileLockException e) {
      // This process itself has it open, which is reported like any other process.
    }
    channel.close();
    throw new IllegalStateException(
        "The data folder "
            + root
            + " is used by another Outpost; stop that one, or choose another folder: OUTPOST_LOCAL_DATA.");
  }

  /** The folder of one service. */
  Path of(String service) throws IOException {
    return create(root.resolve(service));
  }

  @Override
  public void close() throws IOException {
    lock.close();
  }

  private static Path create(Path folder) throws IOException {
    boolean posix = FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
    return posix
        ? Files.createDirectories(
            folder,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")))
        : Files.createDirectories(folder);
  }
}
