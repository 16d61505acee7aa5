package io.outpost.worker.files;

import io.outpost.job.Artifact;
import io.outpost.worker.agent.JobFiles;
import io.outpost.worker.agent.PorterProcess;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * The files that an agent left under {@code artifacts/}, as a porter hands them over: the first
 * ones in the order of their paths, one after another, in bounded memory.
 */
public final class ArtifactStream {

  /** Bytes of a path: longer ones are left out. */
  private static final int LONGEST_PATH = 4096;

  /** Digits of the number of files. */
  private static final int DIGITS = 18;

  private ArtifactStream() {}

  /** Takes an artifact whose content is in a file, which is the next one's afterwards. */
  public interface Taker {
    void take(int place, Path content) throws IOException;
  }

  /**
   * Hands each over.
   *
   * @param most how many at most
   * @param bytes of all of them together at most
   */
  public static Artifact.Manifest read(JobFiles files, int most, long bytes, Taker taker)
      throws IOException {
    Path content = files.directory().spool("artifact");
    List<Artifact> kept = new ArrayList<>();
    try (PorterProcess porter = files.artifacts(most, bytes)) {
      porter.input().close();
      long all = count(porter.output());
      long left = bytes;
      TarReader tar = new TarReader(porter.output());
      for (TarReader.Entry entry = all == 0 ? null : tar.next();
          entry != null && kept.size() < most;
          entry = tar.next()) {
        if (entry.size() > left) {
          break; // it grew meanwhile, perhaps to what takes hours to read
        }
        if (entry.isFile() && entry.path().length <= LONGEST_PATH) {
          left -= entry.size();
          String sha256 = copy(tar.content(), content);
          taker.take(kept.size(), content);
          kept.add(new Artifact(ByteName.text(entry.path()), entry.size(), sha256));
        }
      }
      return new Artifact.Manifest(kept, (int) Math.min(all - kept.size(), Integer.MAX_VALUE));
    } finally {
      Files.deleteIfExists(content);
    }
  }

  private static long count(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c >= 0 && c != '\n' && line.length() <= DIGITS; c = in.read()) {
      line.append((char) c);
    }
    try {
      return Math.max(0, Long.parseLong(line.toString().strip()));
    } catch (NumberFormatException e) {
      throw new IOException("The number of artifacts is none: " + line.length() + " characters", e);
    }
  }

  private static String copy(InputStream in, Path file) throws IOException {
    MessageDigest digest = DigestUtils.getSha256Digest();
    try (OutputStream out = new DigestOutputStream(Files.newOutputStream(file), digest)) {
      in.transferTo(out);
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
