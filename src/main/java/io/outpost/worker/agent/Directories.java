package io.outpost.worker.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/**
 * Makes a job's directories: others may pass through its root, and nobody else may enter what is in
 * it.
 */
final class Directories {

  private Directories() {}

  /** Leaves what is there already, such as a restored workspace. */
  static void create(JobDirectory directory) throws IOException {
    Files.createDirectories(directory.root());
    Files.setPosixFilePermissions(directory.root(), PosixFilePermissions.fromString("rwx--x--x"));
    for (Path path : List.of(directory.work(), directory.home(), directory.tmp())) {
      Files.createDirectories(path);
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx------"));
    }
  }
}
