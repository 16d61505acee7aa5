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
   * Makes the directory that all jobs have theirs in; agents may pass through and not list it.
   *
   * @throws IllegalStateException when it is another user's, who could put links in our way
   */
  static void prepareForJobs(Path directory) throws IOException {
    Files.createDirectories(directory);
    Path ours = Files.createTempFile(directory, "own", "er");
    try {
      if (!Files.getOwner(directory).equals(Files.getOwner(ours))) {
        throw new IllegalStateException(
            directory
                + " belongs to another user: set OUTPOST_WORKER_DIRECTORY to a directory of ours");
      }
    } finally {
      Files.delete(ours);
    }
    Files.setPosixFilePermissions(directory, PASSAGE);
  }

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
