package io.outpost.worker.agent;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;

/**
 * The file with an agent's output, limited in size and without secrets. One thread writes; any
 * thread may read the size.
 */
final class OutputSpool implements AutoCloseable {

  private final long limit;
  private final OutputStream file;
  private final Redactor redactor;
  private volatile long size;
  private volatile boolean cut;
  private boolean closed;

  OutputSpool(Path path, long limit, Collection<String> secrets) throws IOException {
    this.limit = limit;
    this.file = Files.newOutputStream(JobDirectories.newFile(path));
    this.redactor = new Redactor(new Bounded(), secrets);
  }

  /** Reads a stream to its end, even past the limit, so that its writer never blocks. */
  void drain(InputStream in) throws IOException {
    byte[] buffer = new byte[32 * 1024];
    for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
      write(buffer, read);
    }
  }

  private synchronized void write(byte[] bytes, int length) throws IOException {
    if (!closed) {
      redactor.write(bytes, length);
    }
  }

  long size() {
    return size;
  }

  boolean cut() {
    return cut;
  }

  /** Closes the file; later output is dropped. */
  @Override
  public synchronized void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    try (file) {
      redactor.finish();
    }
  }

  private final class Bounded extends OutputStream {

    @Override
    public void write(int value) throws IOException {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      if (cut) {
        return;
      }
      int kept = (int) Math.min(length, limit - size);
      file.write(bytes, offset, kept);
      long written = size + kept;
      if (kept < length) {
        cut = true;
        byte[] marker =
            ("\n[outpost: the output reached its limit of "
                    + limit
                    + " bytes; the rest was dropped]\n")
                .getBytes(StandardCharsets.UTF_8);
        file.write(marker);
        written += marker.length;
      }
      size = written;
    }
  }
}
