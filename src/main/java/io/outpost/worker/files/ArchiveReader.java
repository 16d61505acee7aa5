package io.outpost.worker.files;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.io.input.CloseShieldInputStream;

/**
 * Unpacks an archive of {@link ArchiveWriter} into an empty folder. It trusts no entry: names must
 * stay below the folder, nothing is written through a link, and no file is written twice. For one
 * archive and one thread.
 */
public final class ArchiveReader {

  private static final PosixFilePermission[] PERMISSIONS = PosixFilePermission.values();

  /** What the owner, the next job's agent, may do with every folder and every file. */
  private static final int FOLDER = 0700;

  private static final int FILE = 0600;

  private final Path root;
  private final TreeLimits limits;
  private long bytes;
  private int entries;

  private ArchiveReader(Path root, TreeLimits limits) {
    this.root = root;
    this.limits = limits;
  }

  /**
   * Unpacks all of it; the stream stays open.
   *
   * @param root an empty folder that nobody else writes to meanwhile
   * @throws IOException when the archive is damaged, or would leave the folder
   * @throws TooLargeException when it holds more than a workspace may
   */
  public static void read(InputStream in, Path root, TreeLimits limits) throws IOException {
    ArchiveReader reader = new ArchiveReader(root, limits);
    try (TarArchiveInputStream tar =
        new TarArchiveInputStream(new GZIPInputStream(CloseShieldInputStream.wrap(in)), "UTF-8")) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        reader.unpack(entry, tar);
      }
    }
  }

  private void unpack(TarArchiveEntry entry, InputStream content) throws IOException {
    if (++entries > limits.entries()) {
      throw new TooLargeException(limits);
    }
    Path place = placeOf(entry.getName());
    switch (entry.getLinkFlag()) {
      case TarConstants.LF_DIR -> {
        Files.createDirectory(place);
        Files.setPosixFilePermissions(place, permissionsOf(entry.getMode() | FOLDER));
      }
      case TarConstants.LF_NORMAL -> {
        write(content, place);
        Files.setPosixFilePermissions(place, permissionsOf(entry.getMode() | FILE));
        Files.setLastModifiedTime(place, entry.getLastModifiedTime());
      }
      case TarConstants.LF_SYMLINK -> link(place, Path.of(entry.getLinkName()));
      default ->
          throw new IOException("An archive of ours has no entry of this kind: " + entry.getName());
    }
  }

  /** Every folder on the way is one that this archive made: a folder, and no link to one. */
  private Path placeOf(String name) throws IOException {
    Path relative = Path.of(name);
    boolean leaves =
        relative.isAbsolute()
            || !relative.equals(relative.normalize())
            || relative.startsWith("..");
    if (leaves || name.isEmpty()) {
      throw new IOException("An entry of the archive leaves its folder: " + name);
    }
    Path folder = root;
    for (Path part : relative) {
      if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
        throw new IOException(
            "An entry of the archive goes through something that is no folder: " + name);
      }
      folder = folder.resolve(part);
    }
    return folder;
  }

  private void link(Path place, Path target) throws IOException {
    if (!Links.staysWithin(root.relativize(place), target)) {
      throw new IOException("A link of the archive leaves its folder: " + root.relativize(place));
    }
    Files.createSymbolicLink(place, target);
  }

  private void write(InputStream content, Path file) throws IOException {
    byte[] buffer = new byte[64 * 1024];
    try (OutputStream out =
        Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      for (int read = content.read(buffer); read >= 0; read = content.read(buffer)) {
        bytes += read;
        if (bytes > limits.bytes()) {
          throw new TooLargeException(limits);
        }
        out.write(buffer, 0, read);
      }
    }
  }

  private static Set<PosixFilePermission> permissionsOf(int mode) {
    Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
    for (PosixFilePermission permission : PERMISSIONS) {
      if ((mode & (0400 >> permission.ordinal())) != 0) {
        permissions.add(permission);
      }
    }
    return permissions;
  }
}
