package io.outpost.worker.agent;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * Passes bytes on and replaces secrets in any form in which programs print them, even when a secret
 * arrives in pieces. A secret may be interrupted by line ends, because programs such as base64 wrap
 * lines. The possible beginning of a secret is held back until more bytes arrive or the stream
 * ends. For one thread.
 */
final class Redactor {

  private static final byte[] REPLACEMENT = "[redacted]".getBytes(StandardCharsets.UTF_8);

  /**
   * A secret that breaks off after so many bytes is replaced, too. This also bounds how often the
   * search compares the same bytes.
   */
  private static final int ENOUGH = 64;

  /** How often percent escapes may be escaped themselves, as in a URL within a URL. */
  private static final int LEVELS = 2;

  private final OutputStream sink;

  /** The forms of all secrets, in the order of their bytes. */
  private final byte[][] forms;

  /** For each byte the place of the first form that begins with it or with a higher one. */
  private final int[] places = new int[257];

  private byte[] held = new byte[0];

  Redactor(OutputStream sink, Collection<String> secrets) {
    this.sink = sink;
    this.forms = SecretForms.of(secrets).toArray(byte[][]::new);
    Arrays.sort(forms, Arrays::compareUnsigned);
    for (int letter = 0; letter < places.length; letter++) {
      places[letter] = first(0, forms.length, 0, letter);
    }
  }

  void write(byte[] bytes, int length) throws IOException {
    var data = Arrays.copyOf(held, held.length + length);
    System.arraycopy(bytes, 0, data, held.length, length);
    pass(data, false);
  }

  /** Writes the bytes that were held back. */
  void finish() throws IOException {
    pass(held, true);
  }

  /** A part of the data, from its first byte to that behind its last. */
  private record Part(int from, int to) {}

  private void pass(byte[] data, boolean last) throws IOException {
    var parts = new ArrayList<Part>();
    int hold = data.length;
    var letters = new Letters(data, last);
    for (int level = 0; level <= (letters.hasEscapes ? LEVELS : 0); level++) {
      hold = Math.min(hold, find(letters, level, parts));
    }
    int at = 0;
    for (var part : joined(parts)) {
      if (part.to > hold) {
        hold = Math.min(hold, part.from);
        break;
      }
      sink.write(data, at, part.from - at);
      sink.write(REPLACEMENT);
      at = part.to;
    }
    sink.write(data, at, hold - at);
    held = Arrays.copyOfRange(data, hold, data.length);
  }

  /** The parts in their order; those that overlap become one. */
  private static List<Part> joined(List<Part> parts) {
    parts.sort(Comparator.comparingInt(Part::from));
    var joined = new ArrayList<Part>();
    for (var part : parts) {
      var before = joined.isEmpty() ? null : joined.getLast();
      if (before != null && part.from < before.to) {
        joined.set(joined.size() - 1, new Part(before.from, Math.max(before.to, part.to)));
      } else {
        joined.add(part);
      }
    }
    return joined;
  }

  /**
   * Finds the secrets in the letters.
   *
   * @param level how often percent escapes are decoded
   * @return where in the data a secret may begin that needs more bytes to tell; without one, the
   *     end
   */
  private int find(Letters letters, int level, List<Part> found) {
    int at = 0;
    while (at < letters.count) {
      int end = endAt(letters, level, at);
      if (end < 0) {
        return letters.starts[at];
      }
      if (end > 0) {
        found.add(new Part(letters.starts[at], letters.starts[end - 1] + 1));
      }
      at = Math.max(at + 1, end);
    }
    return letters.end;
  }

  /**
   * The end of the longest secret that starts here; 0: none, {@link Letters#OPEN}: more bytes are
   * needed to tell.
   */
  private int endAt(Letters letters, int level, int at) {
    long letter = letters.read(level, at);
    if (letter == Letters.OPEN) {
      return Letters.OPEN;
    }
    int from = letter < 0 ? 0 : places[Letters.value(letter)];
    int to = letter < 0 ? 0 : places[Letters.value(letter) + 1];
    int end = 0;
    int next = Letters.next(letter);
    for (int depth = 1; from < to; depth++) {
      if (forms[from].length == depth) {
        end = next;
        from++;
      }
      if (from == to) {
        break;
      }
      letter = letters.behindBreaks(level, next);
      if (letter == Letters.OPEN) {
        return Letters.OPEN;
      }
      int low = letter < 0 ? to : first(from, to, depth, Letters.value(letter));
      to = letter < 0 ? to : first(low, to, depth, Letters.value(letter) + 1);
      from = low;
      if (from == to) {
        end = depth < ENOUGH ? end : next;
      }
      next = Letters.next(letter);
    }
    return end;
  }

  /** The first form of a range whose letter at this depth is not below the given one. */
  private int first(int from, int to, int depth, int letter) {
    int low = from;
    int high = to;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if ((forms[middle][depth] & 0xff) < letter) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /**
   * The data without line ends, except in long runs of them. Percent escapes can be decoded while
   * it is read.
   */
  private static final class Letters {

    /** The data ends here, and more may follow. */
    static final int OPEN = -1;

    /** The stream ends here. */
    private static final int END = -2;

    private static final byte ESCAPE = '%';

    /**
     * The number of bytes of line ends that are passed over between two letters. More end a secret,
     * so that endless line ends are not held back.
     */
    private static final int MOST_BREAKS = 16;

    private final byte[] values;
    private final int[] starts;
    private final int count;
    private final int end;
    private final boolean last;
    private final boolean hasEscapes;

    Letters(byte[] data, boolean last) {
      this.values = new byte[data.length];
      this.starts = new int[data.length];
      this.end = data.length;
      this.last = last;
      int letters = 0;
      int breaks = 0;
      boolean escapes = false;
      for (int i = 0; i < data.length; i++) {
        breaks = isBreak(data[i]) ? breaks + 1 : 0;
        if (breaks == 0 || breaks > MOST_BREAKS) {
          values[letters] = data[i];
          starts[letters] = i;
          letters++;
          escapes |= data[i] == ESCAPE;
        }
      }
      this.count = letters;
      this.hasEscapes = escapes;
    }

    static int value(long letter) {
      return (int) (letter >>> Integer.SIZE);
    }

    static int next(long letter) {
      return (int) letter;
    }

    private static long letter(int value, int next) {
      return (long) value << Integer.SIZE | next;
    }

    /**
     * The letter at a place and the place behind it; {@link #OPEN} or {@link #END} when there is
     * none.
     *
     * @param level how often escapes such as %2F are replaced by the byte that they stand for
     */
    long read(int level, int at) {
      if (level == 0) {
        return at < count ? letter(values[at] & 0xff, at + 1) : last ? END : OPEN;
      }
      long first = read(level - 1, at);
      if (first < 0 || value(first) != ESCAPE) {
        return first;
      }
      long high = read(level - 1, next(first));
      if (high < 0 || digit(high) < 0) {
        return high == OPEN ? OPEN : first;
      }
      long low = read(level - 1, next(high));
      if (low < 0 || digit(low) < 0) {
        return low == OPEN ? OPEN : first;
      }
      return letter(digit(high) << 4 | digit(low), next(low));
    }

    /** As {@link #read}, but passes over line ends. */
    long behindBreaks(int level, int at) {
      long letter = read(level, at);
      for (int i = 0; i < MOST_BREAKS && letter >= 0 && isBreak((byte) value(letter)); i++) {
        letter = read(level, next(letter));
      }
      return letter;
    }

    private static int digit(long letter) {
      return Character.digit(value(letter), 16);
    }

    private static boolean isBreak(byte letter) {
      return letter == '\n' || letter == '\r';
    }
  }
}
