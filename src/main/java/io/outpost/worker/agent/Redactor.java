package io.outpost.worker.agent;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Passes bytes on and replaces secrets in any form in which programs print them, even when a secret
 * arrives in pieces. The possible beginning of a secret is held back until more bytes arrive or the
 * stream ends. For one thread.
 */
final class Redactor {

  private static final byte[] REPLACEMENT = "[redacted]".getBytes(StandardCharsets.UTF_8);

  private static final byte ESCAPE = '%';
  private static final int ESCAPE_LENGTH = 3;

  /** The maximum number of characters of a line end. */
  private static final int LONGEST_BREAK = 2;

  private final OutputStream sink;

  /**
   * The forms of secrets, by their first byte; the longest first, so that a secret that contains
   * another is replaced completely.
   */
  private final byte[][][] secrets = new byte[256][][];

  private byte[] held = new byte[0];

  Redactor(OutputStream sink, Collection<String> secrets) {
    this.sink = sink;
    secrets.stream()
        .flatMap(secret -> SecretForms.of(secret).stream())
        .distinct()
        .map(secret -> secret.getBytes(StandardCharsets.UTF_8))
        .sorted(Comparator.comparingInt((byte[] secret) -> secret.length).reversed())
        .flatMap(secret -> Stream.of(Map.entry(secret[0], secret), Map.entry(ESCAPE, secret)))
        .distinct()
        .collect(groupingBy(e -> e.getKey() & 0xff, mapping(Map.Entry::getValue, toList())))
        .forEach((first, forms) -> this.secrets[first] = forms.toArray(byte[][]::new));
  }

  void write(byte[] bytes, int length) throws IOException {
    pass(joined(bytes, length), false);
  }

  /** Writes the bytes that were held back. */
  void finish() throws IOException {
    pass(held, true);
  }

  private void pass(byte[] data, boolean last) throws IOException {
    int plain = 0;
    int at = 0;
    while (at < data.length) {
      int found = secrets[data[at] & 0xff] == null ? 0 : secretAt(data, at, last);
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

  /** The length of the secret that starts here; 0: none, -1: more bytes are needed to tell. */
  private int secretAt(byte[] data, int at, boolean last) {
    for (byte[] secret : secrets[data[at] & 0xff]) {
      int length = lengthOf(secret, data, at);
      if (length > 0 || length < 0 && !last) {
        return length;
      }
    }
    return 0;
  }

  /**
   * The length of this secret's printed form here; 0 for other text, -1 when the data ends within
   * the form. A secret may contain line breaks, because programs such as base64 wrap lines, and
   * percent escapes, because URLs may escape any byte.
   */
  private static int lengthOf(byte[] secret, byte[] data, int at) {
    int next = at;
    int breaks = 0;
    for (int matched = 0; matched < secret.length; ) {
      if (next == data.length) {
        return -1;
      }
      if (data[next] == secret[matched]) {
        matched++;
        next++;
        breaks = 0;
      } else if (data[next] == ESCAPE) {
        if (data.length - next < ESCAPE_LENGTH) {
          return -1;
        }
        if (escaped(data, next) != (secret[matched] & 0xff)) {
          return 0;
        }
        matched++;
        next += ESCAPE_LENGTH;
        breaks = 0;
      } else if (matched == 0 || !isBreak(data[next++]) || ++breaks > LONGEST_BREAK) {
        return 0;
      }
    }
    return next - at;
  }

  /** The byte that an escape such as %2F stands for; -1 for no escape. */
  private static int escaped(byte[] data, int at) {
    int high = Character.digit(data[at + 1], 16);
    int low = Character.digit(data[at + 2], 16);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
  }

  private static boolean isBreak(byte letter) {
    return letter == '\n' || letter == '\r';
  }

  private byte[] joined(byte[] bytes, int length) {
    byte[] data = Arrays.copyOf(held, held.length + length);
    System.arraycopy(bytes, 0, data, held.length, length);
    return data;
  }
}
