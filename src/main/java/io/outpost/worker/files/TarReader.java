package io.outpost.worker.files;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads a porter's tar stream without trusting it: headers take bounded memory, names stay bytes,
 * and nothing is written to disk. For one thread.
 */
final class TarReader {

  private static final int BLOCK = 512;

  /**
   * The maximum size of an extended header, which holds a path of some thousand bytes and a link's
   * target.
   */
  private static final int LONGEST_HEADER = 64 * 1024;

  private static final int NAME = 100;
  private static final int SIZE_AT = 124;
  private static final int SIZE_LENGTH = 12;
  private static final int SUM_AT = 148;
  private static final int SUM_LENGTH = 8;
  private static final int TYPE_AT = 156;
  private static final int PREFIX_AT = 345;
  private static final int PREFIX = 155;

  private final InputStream in;
  private long left;
  private long padding;

  TarReader(InputStream in) {
    this.in = in;
  }

  /** The stream is no tar archive, or is incomplete. */
  static final class BrokenArchiveException extends IOException {

    private static final long serialVersionUID = 1L;

    BrokenArchiveException(String message) {
      super(message);
    }
  }

  /**
   * An entry.
   *
   * @param type as in the header: {@code 0} is a file, {@code 5} a folder
   * @param size the bytes of content that follow
   */
  record Entry(byte[] path, char type, long size) {

    boolean isFile() {
      return type == '0' || type == '\0';
    }

    boolean isFolder() {
      return type == '5';
    }
  }

  /** The next entry, wherever reading of the previous one stopped; null after the last. */
  @Nullable Entry next() throws IOException {
    skipRest();
    byte @Nullable [] longPath = null;
    long longSize = -1;
    while (true) {
      byte[] header = in.readNBytes(BLOCK);
      if (header.length < BLOCK) {
        throw new BrokenArchiveException("The archive ends too early");
      }
      if (isEmpty(header)) {
        return null;
      }
      check(header);
      char type = (char) header[TYPE_AT];
      long size = number(header, SIZE_AT, SIZE_LENGTH);
      if (type == 'x' || type == 'g' || type == 'L' || type == 'K') {
        byte[] extended = extended(size);
        if (type == 'x') {
          longPath = record(extended, "path", longPath);
          byte @Nullable [] text = record(extended, "size", null);
          longSize = text == null ? longSize : decimal(text);
        }
        continue;
      }
      long real = longSize >= 0 ? longSize : size;
      boolean hasContent = type == '0' || type == '\0' || type == '7';
      begin(hasContent ? real : 0);
      return new Entry(longPath != null ? longPath : path(header), type, hasContent ? real : 0);
    }
  }

  /** The content of the entry that {@link #next} returned last. */
  InputStream content() {
    return new InputStream() {
      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] bytes, int offset, int length) throws IOException {
        if (left == 0) {
          return -1;
        }
        int read = in.read(bytes, offset, (int) Math.min(length, left));
        if (read < 0) {
          throw new BrokenArchiveException("The archive ends too early");
        }
        left -= read;
        return read;
      }
    };
  }

  private void begin(long size) throws IOException {
    if (size < 0 || size > Long.MAX_VALUE - BLOCK) {
      throw new BrokenArchiveException("An entry of the archive has no size");
    }
    left = size;
    padding = (BLOCK - size % BLOCK) % BLOCK;
  }

  private void skipRest() throws IOException {
    skip(left + padding);
    left = 0;
    padding = 0;
  }

  /** Skips by reading, so that a copy that is made of the stream stays complete. */
  private void skip(long bytes) throws IOException {
    byte[] buffer = new byte[64 * 1024];
    for (long rest = bytes; rest > 0; ) {
      int read = in.read(buffer, 0, (int) Math.min(buffer.length, rest));
      if (read < 0) {
        throw new BrokenArchiveException("The archive ends too early");
      }
      rest -= read;
    }
  }

  private byte[] extended(long size) throws IOException {
    if (size < 0 || size > LONGEST_HEADER) {
      throw new BrokenArchiveException(
          "An entry of the archive has a header of " + size + " bytes");
    }
    byte[] extended = in.readNBytes((int) size);
    begin(size);
    skip(padding);
    left = 0;
    padding = 0;
    return extended;
  }

  /**
   * The value in a record of the form {@code length keyword=value\n}; {@code otherwise} when there
   * is none.
   */
  private static byte @Nullable [] record(
      byte[] extended, String keyword, byte @Nullable [] otherwise) {
    byte @Nullable [] value = otherwise;
    int at = 0;
    while (at < extended.length) {
      int blank = at;
      int length = 0;
      while (blank < extended.length && extended[blank] >= '0' && extended[blank] <= '9') {
        length = Math.min(length * 10 + extended[blank++] - '0', LONGEST_HEADER);
      }
      int end = at + length;
      if (blank == at || end > extended.length || end <= blank + 1) {
        return value;
      }
      int begin = blank + 1 + keyword.length() + 1;
      String start = keyword + "=";
      if (begin < end
          && new String(extended, blank + 1, start.length(), StandardCharsets.ISO_8859_1)
              .equals(start)) {
        value = Arrays.copyOfRange(extended, begin, end - 1);
      }
      at = end;
    }
    return value;
  }

  private static long decimal(byte[] text) throws IOException {
    try {
      return Long.parseLong(new String(text, StandardCharsets.ISO_8859_1));
    } catch (NumberFormatException e) {
      throw new BrokenArchiveException("An entry of the archive has no size");
    }
  }

  private static byte[] path(byte[] header) {
    byte[] name = text(header, 0, NAME);
    byte[] prefix = text(header, PREFIX_AT, PREFIX);
    if (prefix.length == 0) {
      return name;
    }
    byte[] path = Arrays.copyOf(prefix, prefix.length + 1 + name.length);
    path[prefix.length] = '/';
    System.arraycopy(name, 0, path, prefix.length + 1, name.length);
    return path;
  }

  private static byte[] text(byte[] header, int at, int length) {
    int end = at;
    while (end < at + length && header[end] != 0) {
      end++;
    }
    return Arrays.copyOfRange(header, at, end);
  }

  /** A number in octal digits, or in base 256 after a byte with the highest bit. */
  private static long number(byte[] header, int at, int length) {
    long value = 0;
    if (header[at] < 0) {
      for (int i = at + length - Long.BYTES; i < at + length; i++) {
        value = value << Byte.SIZE | header[i] & 0xff;
      }
      return value;
    }
    for (int i = at; i < at + length; i++) {
      if (header[i] >= '0' && header[i] <= '7') {
        value = value * 8 + header[i] - '0';
      }
    }
    return value;
  }

  private static void check(byte[] header) throws IOException {
    long sum = 0;
    for (int i = 0; i < BLOCK; i++) {
      boolean own = i >= SUM_AT && i < SUM_AT + SUM_LENGTH;
      sum += own ? ' ' : header[i] & 0xff;
    }
    if (sum != number(header, SUM_AT, SUM_LENGTH)) {
      throw new BrokenArchiveException("An entry of the archive has a wrong checksum");
    }
  }

  private static boolean isEmpty(byte[] block) {
    for (byte b : block) {
      if (b != 0) {
        return false;
      }
    }
    return true;
  }
}
