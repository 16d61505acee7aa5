package io.outpost.http;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;

/** Discards every byte. */
final class DiscardingOutputStream extends ServletOutputStream {
  @Override
  public void write(int value) {}

  @Override
  public void write(byte[] bytes, int offset, int length) {}

  @Override
  public boolean isReady() {
    return true;
  }

  @Override
  public void setWriteListener(WriteListener listener) {
    throw new IllegalStateException("Answers are written synchronously");
  }
}
