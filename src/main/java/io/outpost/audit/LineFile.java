package io.outpost.audit;

import io.outpost.audit.Manifest.File;
import io.outpost.audit.Manifest.Kind;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.util.HexFormat;
import java.util.zip.GZIPOutputStream;

/** A temporary gzipped file of lines, removed when closed. Not thread-safe. */
final class LineFile implements Closeable {

  private final Path path;
  private final DigestOutputStream digest;
  private final OutputStream out;
  private long lines;

  LineFile() throws IOException {
    path = Files.createTempFile("outpost-export-", ".ndjson.gz");
    digest =
        new DigestOutputStream(
            new BufferedOutputStream(Files.newOutputStream(path)), Block.sha256());
    out = new GZIPOutputStream(digest, 1 << 16);
  }

  /** Adds whole lines, each with its line feed. */
  void add(byte[] content) throws IOException {
    out.write(content);
    for (byte b : content) {
      lines += b == '\n' ? 1 : 0;
    }
  }

  boolean isEmpty() {
    return lines == 0;
  }

  Path path() {
    return path;
  }

  /** Ends the file; returns its description. */
  File finish(String name, Kind kind) throws IOException {
    out.close();
    var sha256 = HexFormat.of().formatHex(digest.getMessageDigest().digest());
    return new File(name, kind, sha256, Files.size(path), lines);
  }

  @Override
  public void close() throws IOException {
    out.close();
    Files.deleteIfExists(path);
  }
}
