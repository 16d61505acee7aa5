package io.outpost.worker.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import org.springframework.util.FileSystemUtils;

/**
 * Makes a job's directories: others may pass through the root, and only their owner enter what is
 * in it.
 */
final class Directories {

  private static final Set<PosixFilePermission> PASSAGE =
      PosixFilePermissions.fromString("rwx--x--x");
  private static final FileAttribute<Set<PosixFilePermission>> OWNER_DIRECTORY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
  private static final FileAttribute<Set<PosixFilePermission>> OWNER_FILE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private Directories() {}

  /**
   * Makes what is missing and empties all but the working directory, which may hold a restored
   * workspace.
   */
  static void prepare(JobDirectory directory) throws IOException {
    Files.createDirectories(directory.root());
    Files.setPosixFilePermissions(directory.root(), PASSAGE);
    for (Path old :
        List.of(directory.home(), directory.tmp(), directory.task(), directory.output())) {
      FileSystemUtils.deleteRecursively(old);
    }
    Files.createDirectory(directory.home(), OWNER_DIRECTORY);
    Files.createDirectory(directory.tmp(), OWNER_DIRECTORY);
    if (!Files.exists(directory.work(), LinkOption.NOFOLLOW_LINKS)) {
      Files.createDirectory(directory.work(), OWNER_DIRECTORY);
    }
  }

  /** A new file that only its owner reads. */
  static Path newFile(Path path) throws IOException {
    return Files.createFile(path, OWNER_FILE);
  }
}
