package io.outpost.worker.files;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * Writes a tree of files as a gzipped tar archive, in constant memory. For one archive and one
 * thread.
 */
public final class ArchiveWriter {

  private final Path root;
  private final TarArchiveOutputStream tar;
  private final TreeLimits limits;
  private long bytes;
  private int entries;

  private ArchiveWriter(Path root, TarArchiveOutputStream tar, TreeLimits limits) {
    this.root = root;
    this.tar = tar;
    this.limits = limits;
  }

  /**
   * Writes what is below a folder and belongs to its owner; links that lead out of it are left out.
   *
   * @return bytes of the files, not compressed
   * @throws TooLargeException when the tree is over a limit; the stream is then worthless
   */
  public static long write(Path root, OutputStream out, TreeLimits limits) throws IOException {
    try (TarArchiveOutputStream tar =
        new TarArchiveOutputStream(new GZIPOutputStream(out), "UTF-8")) {
      tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
      tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
      tar.setAddPaxHeadersForNonAsciiNames(true);
      ArchiveWriter writer = new ArchiveWriter(root, tar, limits);
      OwnFiles.walk(root, writer::add);
      tar.finish();
      return writer.bytes;
    }
  }

  private void add(Path path, BasicFileAttributes attributes) throws IOException {
    String name = root.relativize(path).toString();
    if (attributes.isSymbolicLink()) {
      addLink(name, path);
    } else if (attributes.isDirectory()) {
      put(entry(name + "/", path, attributes));
      tar.closeArchiveEntry();
    } else {
      addFile(name, path, attributes);
    }
  }

  private void addLink(String name, Path link) throws IOException {
    Path target = Files.readSymbolicLink(link);
    if (Links.staysWithin(Path.of(name), target)) {
      TarArchiveEntry entry = new TarArchiveEntry(name, TarConstants.LF_SYMLINK);
      entry.setLinkName(target.toString());
      put(entry);
      tar.closeArchiveEntry();
    }
  }

  private void addFile(String name, Path file, BasicFileAttributes attributes) throws IOException {
    bytes += attributes.size();
    if (bytes > limits.bytes()) {
      throw new TooLargeException(limits);
    }
    TarArchiveEntry entry = entry(name, file, attributes);
    entry.setSize(attributes.size());
    put(entry);
    try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
      in.transferTo(tar);
    }
    tar.closeArchiveEntry();
  }

  private void put(TarArchiveEntry entry) throws IOException {
    if (++entries > limits.entries()) {
      throw new TooLargeException(limits);
    }
    tar.putArchiveEntry(entry);
  }

  private static TarArchiveEntry entry(String name, Path path, BasicFileAttributes attributes)
      throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name);
    entry.setLastModifiedTime(attributes.lastModifiedTime());
    entry.setMode(modeOf(Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS)));
    return entry;
  }

  /** The permissions as in {@code chmod}; set-user-id and the like are none of them. */
  private static int modeOf(Set<PosixFilePermission> permissions) {
    int mode = 0;
    for (PosixFilePermission permission : permissions) {
      mode |= 0400 >> permission.ordinal();
    }
    return mode;
  }
}
