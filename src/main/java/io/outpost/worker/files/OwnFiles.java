package io.outpost.worker.files;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.UserPrincipal;

/**
 * Walks a tree that an agent made, as the worker, who may read more than the agent: links are not
 * followed, and what belongs to another user than the tree (a hard link to somebody's file) is
 * passed over, as are pipes and devices.
 */
final class OwnFiles extends SimpleFileVisitor<Path> {

  /** What is found, in no particular order but folders before what is in them. */
  interface Found {
    void accept(Path path, BasicFileAttributes attributes) throws IOException;
  }

  private final Path root;
  private final UserPrincipal owner;
  private final Found found;

  private OwnFiles(Path root, UserPrincipal owner, Found found) {
    this.root = root;
    this.owner = owner;
    this.found = found;
  }

  /** Tells everything below a folder; nothing when it is none. */
  static void walk(Path root, Found found) throws IOException {
    if (Files.isDirectory(root, LinkOption.NOFOLLOW_LINKS)) {
      Files.walkFileTree(
          root, new OwnFiles(root, Files.getOwner(root, LinkOption.NOFOLLOW_LINKS), found));
    }
  }

  @Override
  public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes)
      throws IOException {
    if (!folder.equals(root)) {
      found.accept(folder, attributes);
    }
    return FileVisitResult.CONTINUE;
  }

  @Override
  public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
    if (!attributes.isOther() && Files.getOwner(file, LinkOption.NOFOLLOW_LINKS).equals(owner)) {
      found.accept(file, attributes);
    }
    return FileVisitResult.CONTINUE;
  }

  /** A worker that is not root cannot read what the agent made unreadable. */
  @Override
  public FileVisitResult visitFileFailed(Path file, IOException unreadable) {
    return FileVisitResult.CONTINUE;
  }
}
