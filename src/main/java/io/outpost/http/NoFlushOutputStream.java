package io.outpost.http;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import java.io.IOException;

/**
 * An answer's body whose writer may not hurry it along: Camel flushes whatever it has written, and
 * a small answer would leave in pieces and without its length.
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

  /** Left to the server, once the answer is complete or its buffer is full; but for a stream. */
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
