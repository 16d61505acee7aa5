package io.outpost.http;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import java.io.IOException;

/**
 * The stream of an answer's body that ignores flushes. Camel flushes after each write, so that a
 * small answer would be sent in pieces and without its length.
 */
final class NoFlushOutputStream extends ServletOutputStream {

  private final ServletOutputStream out;
  private final boolean live;

  /**
   * @param live whether this is an event stream, whose parts must be sent at once
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
   * Flushes only event streams. The server sends other answers when they are complete or its buffer
   * is full.
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
