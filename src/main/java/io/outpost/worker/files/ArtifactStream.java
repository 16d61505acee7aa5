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
import org.apache.commons.io.input.BoundedInputStream;

/**
 * Reads an agent's artifacts from a porter's stream: the first ones by path, one after another, in
 * bounded memory.
 */
public final class ArtifactStream {

  /** The maximum length of a path in bytes. Files with longer paths are left out. */
  private static final int LONGEST_PATH = 4096;

  /** The maximum number of digits of the number of files. */
  private static final int DIGITS = 18;

  private ArtifactStream() {}

  /** Receives an artifact. The file with its content is reused for the next artifact. */
  public interface Taker {
    void take(int place, Path content) throws IOException;
  }

  /**
   * What was read.
   *
   * @param notKept the porter's message about files that it left out; empty: none
   */
  public record Handed(Artifact.Manifest manifest, String notKept) {}

  /**
   * Passes each artifact on. When the agent makes the stream end early, the artifacts before that
   * point are kept.
   *
   * @param most the maximum number of artifacts
   * @param bytes the maximum size of all artifacts together
   */
  public static Handed read(JobFiles files, int most, long bytes, Taker taker) throws IOException {
    if (files.isWithoutArtifacts()) {
      return new Handed(new Artifact.Manifest(List.of(), 0), "");
    }
    Path content = files.directory().spool("artifact");
    List<Artifact> kept = new ArrayList<>();
    long all = 0;
    try (PorterProcess porter = files.artifacts(most, bytes)) {
      porter.input().close();
      try {
        all = count(porter.output());
        if (all > 0) {
          take(new TarReader(porter.output()), kept, content, new Bounds(most, bytes), taker);
        }
        drain(porter.output());
      } catch (TarReader.BrokenArchiveException e) {
        all = Math.max(all, kept.size() + 1L);
      }
      porter.close();
      long leftOut = Math.max(0, all - kept.size());
      return new Handed(
          new Artifact.Manifest(kept, (int) Math.min(leftOut, Integer.MAX_VALUE)),
          WorkspaceArchive.told(porter));
    } finally {
      Files.deleteIfExists(content);
    }
  }

  private record Bounds(int most, long bytes) {}

  private static void take(
      TarReader tar, List<Artifact> kept, Path content, Bounds bounds, Taker taker)
      throws IOException {
    long left = bounds.bytes();
    for (TarReader.Entry entry = tar.next();
        entry != null && kept.size() < bounds.most();
        entry = tar.next()) {
      if (entry.size() > left) {
        return; // the file has grown since it was listed, perhaps so much that reading takes hours
      }
      if (entry.isFile() && entry.path().length <= LONGEST_PATH) {
        left -= entry.size();
        String sha256 = copy(tar.content(), content);
        taker.take(kept.size(), content);
        kept.add(new Artifact(ByteName.text(entry.path()), entry.size(), sha256));
      }
    }
  }

  /** Reads to the end, so that the porter ends by itself with its complete message. */
  private static void drain(InputStream in) throws IOException {
    InputStream rest =
        BoundedInputStream.builder().setInputStream(in).setMaxCount(1024 * 1024).get();
    rest.transferTo(OutputStream.nullOutputStream());
  }

  private static long count(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c >= 0 && c != '\n' && line.length() <= DIGITS; c = in.read()) {
      line.append((char) c);
    }
    try {
      return Math.max(0, Long.parseLong(line.toString().strip()));
    } catch (NumberFormatException e) {
      throw new TarReader.BrokenArchiveException("The number of artifacts is not a number");
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
