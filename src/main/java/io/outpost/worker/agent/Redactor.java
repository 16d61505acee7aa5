package io.outpost.worker.agent;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * Passes bytes on with every occurrence of some secrets replaced, in whatever form it is printed,
 * also where one arrives in pieces. What could be the beginning of a secret is held back until more
 * arrives or the stream is finished. For one thread.
 */
final class Redactor {

  private static final byte[] REPLACEMENT = "[redacted]".getBytes(StandardCharsets.UTF_8);

  private final OutputStream sink;

  /** Longest first, so that a secret that contains another is replaced whole. */
  private final List<byte[]> secrets;

  private final boolean[] first = new boolean[256];
  private byte[] held = new byte[0];

  Redactor(OutputStream sink, Collection<String> secrets) {
    this.sink = sink;
    this.secrets =
        secrets.stream()
            .flatMap(secret -> SecretForms.of(secret).stream())
            .distinct()
            .map(secret -> secret.getBytes(StandardCharsets.UTF_8))
            .sorted(Comparator.comparingInt((byte[] secret) -> secret.length).reversed())
            .toList();
    this.secrets.forEach(secret -> first[secret[0] & 0xff] = true);
  }

  void write(byte[] bytes, int length) throws IOException {
    pass(joined(bytes, length), false);
  }

  /** Writes what was held back. */
  void finish() throws IOException {
    pass(held, true);
  }

  private void pass(byte[] data, boolean last) throws IOException {
    int plain = 0;
    int at = 0;
    while (at < data.length) {
      int found = first[data[at] & 0xff] ? secretAt(data, at, last) : 0;
      if (found == 0) {
        at++;
        continue;
      }
      sink.write(data, plain, at - plain);
      if (found < 0) {
        held = Arrays.copyOfRange(data, at, data.length);
        return;
      }
      sink.write(REPLACEMENT);
      at += found;
      plain = at;
    }
    sink.write(data, plain, data.length - plain);
    held = new byte[0];
  }

  /** Length of the secret that begins here, 0 for none, -1 when only more bytes can tell. */
  private int secretAt(byte[] data, int at, boolean last) {
    for (byte[] secret : secrets) {
      int length = Math.min(secret.length, data.length - at);
      if (Arrays.equals(data, at, at + length, secret, 0, length)) {
        if (length == secret.length) {
          return length;
        }
        if (!last) {
          return -1;
        }
      }
    }
    return 0;
  }

  private byte[] joined(byte[] bytes, int length) {
    byte[] data = Arrays.copyOf(held, held.length + length);
    System.arraycopy(bytes, 0, data, held.length, length);
    return data;
  }
}
