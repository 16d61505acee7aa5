package io.outpost.http;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import java.io.IOException;

/**
 * An answer's body that ignores flushes: Camel flushes after each write, and a small answer would
 * be sent in pieces and without its length.
 */
final class NoFlushOutputStream extends ServletOutputStream {

  private final ServletOutputStream out;
  private final boolean live;

  /**
   * @param live whether the answer is a stream whose parts must leave as they come
   */
  NoFlushOutputStream(ServletOutputStream out, boolean live) {
    this.out = out;
    this.live = live;
  }

  @Override
  public void write(int b) throws IOException {
    out.write(b);
  }

  @Override
  public void write(byte[] bytes, int from, int length) throws IOException {
    out.write(bytes, from, length);
  }

  /**
   * The server flushes when the answer is complete or its buffer is full; event streams are
   * flushed.
   */
  @Override
  public void flush() throws IOException {
    if (live) {
      out.flush();
    }
  }

  @Override
  public void close() throws IOException {
    out.close();
  }

  @Override
  public boolean isReady() {
    return out.isReady();
  }

  @Override
  public void setWriteListener(WriteListener listener) {
    out.setWriteListener(listener);
  }
}
