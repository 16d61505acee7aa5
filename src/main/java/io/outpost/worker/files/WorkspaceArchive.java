package io.outpost.worker.files;

import io.outpost.worker.agent.JobFiles;
import io.outpost.worker.agent.PorterProcess;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.io.input.BoundedInputStream;
import org.apache.commons.io.input.CloseShieldInputStream;
import org.apache.commons.io.input.TeeInputStream;

/**
 * A workspace as a gzipped tar archive. The worker passes it between a porter and the store in
 * constant memory, while counting and limiting it.
 */
public final class WorkspaceArchive {

  /**
   * More bytes than the headers of one entry take: porters limit the length of paths, and a link's
   * target has less than 4096 bytes.
   */
  private static final long HEADERS = 16 * 1024;

  /**
   * The maximum number of entries when restoring. The archive may have been saved under a higher
   * limit than today's.
   */
  private static final long ENTRIES = 1_000_000;

  /** The maximum number of bytes before the first entry's content, including extended headers. */
  private static final int FIRST_ENTRY = 256 * 1024;

  private WorkspaceArchive() {}

  /**
   * What was packed.
   *
   * @param bytes the size of the files, without headers
   * @param notKept the porter's message about files that it could not pack; empty: none
   */
  public record Packed(long bytes, String notKept) {}

  /**
   * Packs the working directory.
   *
   * @throws TooLargeException when it is over a limit; the part already written is then useless
   * @throws NotPackedException when it cannot be packed, or packing takes too long
   */
  public static Packed pack(JobFiles files, OutputStream out, TreeLimits limits)
      throws IOException {
    try (PorterProcess porter = files.save();
        OutputStream archive = new GZIPOutputStream(out)) {
      porter.input().close();
      InputStream copied = new TeeInputStream(porter.output(), archive);
      long bytes = count(new TarReader(copied), limits, porter);
      BoundedInputStream rest =
          BoundedInputStream.builder().setInputStream(copied).setMaxCount(1024 * 1024).get();
      rest.transferTo(OutputStream.nullOutputStream());
      return new Packed(bytes, judge(porter));
    }
  }

  /**
   * Unpacks an archive into the empty working directory. Does not close the stream.
   *
   * @param bytes the size of its files, from {@link Packed}
   * @param limits the maximum of entries
   * @return the files that could not be unpacked; empty: none
   * @throws IOException when the archive is damaged, or this machine fails
   */
  public static String unpack(InputStream in, JobFiles files, long bytes, TreeLimits limits)
      throws IOException {
    long most = Math.max(bytes, limits.bytes()) + Math.max(limits.entries(), ENTRIES) * HEADERS;
    try (InputStream tar =
        new BufferedInputStream(new GZIPInputStream(CloseShieldInputStream.wrap(in)))) {
      try (PorterProcess porter = files.restore(formOf(tar))) {
        try (OutputStream out = porter.input()) {
          copy(tar, out, most);
        }
        porter.awaitSuccess();
        return told(porter);
      }
    }
  }

  /**
   * The form of an archive. Form 2 begins with a list made by the porter ({@code modes}), form 1
   * directly with the working directory.
   */
  private static int formOf(InputStream tar) throws IOException {
    tar.mark(FIRST_ENTRY);
    TarReader.Entry first = new TarReader(tar).next();
    tar.reset();
    return first != null && text(first).equals("./modes") ? 2 : 1;
  }

  private static String text(TarReader.Entry entry) {
    return new String(entry.path(), StandardCharsets.ISO_8859_1);
  }

  private static long count(TarReader tar, TreeLimits limits, PorterProcess porter)
      throws IOException {
    try {
      return count(tar, limits);
    } catch (TarReader.BrokenArchiveException e) {
      porter.close();
      throw new NotPackedException(porter.said().strip() + " (" + e.getMessage() + ").");
    }
  }

  private static long count(TarReader tar, TreeLimits limits) throws IOException {
    long bytes = 0;
    // The porter adds three entries of its own: two lists and a folder.
    long entries = -3;
    boolean isThere = false;
    for (TarReader.Entry entry = tar.next(); entry != null; entry = tar.next()) {
      entries++;
      bytes += isOurs(entry) ? 0 : entry.size();
      isThere |= entry.isFolder() && text(entry).equals("./work/");
      if (bytes < 0 || bytes > limits.bytes() || entries > limits.entries() + 1L) {
        throw new TooLargeException(limits);
      }
    }
    // Another process of the job may replace the working directory by a link while the porter
    // works. If that were saved, no later job could start.
    if (!isThere) {
      throw new NotPackedException("The working directory was removed or replaced.");
    }
    return bytes;
  }

  private static boolean isOurs(TarReader.Entry entry) {
    String path = text(entry);
    return path.equals("./modes") || path.equals("./moves");
  }

  /**
   * Evaluates tar's exit code: 1 when a file changed while it was read, 2 when a file could not be
   * read.
   */
  private static String judge(PorterProcess porter) throws IOException {
    try {
      int code = porter.exitCode();
      if (code > 2) {
        throw new NotPackedException(porter.said().strip() + ".");
      }
      return told(porter);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted", e);
    }
  }

  /** tar's message in one line, without the names of tar and of the folder. */
  static String told(PorterProcess porter) {
    return porter
        .said()
        .lines()
        .filter(line -> !line.contains("Exiting with failure status"))
        .map(line -> line.replaceFirst("^tar: ", "").replaceFirst("^\\./work/", ""))
        .collect(Collectors.joining("; "));
  }

  private static void copy(InputStream in, OutputStream out, long most) throws IOException {
    byte[] buffer = new byte[64 * 1024];
    long copied = 0;
    for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
      copied += read;
      if (copied > most) {
        throw new IOException("The archive unpacks to more than was packed");
      }
      out.write(buffer, 0, read);
    }
  }
}
