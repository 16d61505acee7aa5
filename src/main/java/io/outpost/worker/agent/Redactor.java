package io.outpost.worker.agent;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Passes bytes on and replaces secrets in any form in which programs print them, even when a secret
 * arrives in pieces. A secret may be interrupted by line ends, because programs such as base64 wrap
 * lines. The possible beginning of a secret is held back until more bytes arrive or the stream
 * ends. For one thread.
 */
final class Redactor {

  private static final byte[] REPLACEMENT = "[redacted]".getBytes(StandardCharsets.UTF_8);

  /**
   * The number of a secret's bytes that are replaced even when others follow them than the secret's
   * own. So no output makes the search compare the same bytes very often.
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
    var letters = Letters.of(data);
    for (int level = 0; letters != null && level <= LEVELS; level++) {
      hold = Math.min(hold, find(letters, last, parts));
      letters = letters.unescaped(last);
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
   * @return where in the data a secret may begin that needs more bytes to tell; without one, the
   *     end
   */
  private int find(Letters letters, boolean last, List<Part> found) {
    int at = 0;
    while (at < letters.count) {
      int length = lengthAt(letters, at, last);
      if (length < 0) {
        return letters.starts[at];
      }
      if (length > 0) {
        found.add(new Part(letters.starts[at], letters.endOf(at + length - 1)));
      }
      at += Math.max(1, length);
    }
    return last ? letters.end : letters.open;
  }

  /**
   * The number of letters of the longest secret that starts here; 0: none, -1: more bytes are
   * needed to tell.
   */
  private int lengthAt(Letters letters, int at, boolean last) {
    int from = places[letters.values[at] & 0xff];
    int to = places[(letters.values[at] & 0xff) + 1];
    int longest = 0;
    for (int depth = 1; from < to; depth++) {
      if (forms[from].length == depth) {
        longest = depth;
        from++;
      }
      if (from == to) {
        break;
      }
      if (at + depth == letters.count) {
        return last ? Math.max(longest, enough(depth)) : -1;
      }
      int letter = letters.values[at + depth] & 0xff;
      int low = first(from, to, depth, letter);
      to = first(low, to, depth, letter + 1);
      from = low;
      if (from == to) {
        longest = Math.max(longest, enough(depth));
      }
    }
    return longest;
  }

  private static int enough(int matched) {
    return matched < ENOUGH ? 0 : matched;
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

  /** Data without line ends, and maybe without escapes, each letter with its place in the data. */
  private static final class Letters {

    private static final byte ESCAPE = '%';
    private static final int ESCAPE_LENGTH = 3;

    private final byte[] values;
    private final int[] starts;
    private final int[] widths;

    /** The end of the data. */
    private final int end;

    private int count;
    private boolean hasEscapes;

    /** Where an escape begins whose end has not arrived; without one, the end. */
    private int open;

    private Letters(int most, int end) {
      this.values = new byte[most];
      this.starts = new int[most];
      this.widths = new int[most];
      this.end = end;
      this.open = end;
    }

    static Letters of(byte[] data) {
      var letters = new Letters(data.length, data.length);
      for (int i = 0; i < data.length; i++) {
        letters.add(data[i], i, 1);
      }
      return letters;
    }

    private void add(byte value, int start, int width) {
      if (value != '\n' && value != '\r') {
        values[count] = value;
        starts[count] = start;
        widths[count] = width;
        count++;
        hasEscapes |= value == ESCAPE;
      }
    }

    private int endOf(int at) {
      return starts[at] + widths[at];
    }

    /** The letters with percent escapes replaced by what they stand for; null: there are none. */
    private @Nullable Letters unescaped(boolean last) {
      if (!hasEscapes) {
        return null;
      }
      var letters = new Letters(count, end);
      letters.open = open;
      for (int at = 0; at < count; ) {
        if (!last && values[at] == ESCAPE && count - at < ESCAPE_LENGTH) {
          letters.open = starts[at];
          break;
        }
        int value = values[at] == ESCAPE ? escaped(at) : -1;
        int used = value < 0 ? 1 : ESCAPE_LENGTH;
        letters.add(
            value < 0 ? values[at] : (byte) value, starts[at], endOf(at + used - 1) - starts[at]);
        at += used;
      }
      return letters;
    }

    /** The byte that an escape such as %2F stands for; -1 for no escape. */
    private int escaped(int at) {
      if (count - at < ESCAPE_LENGTH) {
        return -1;
      }
      int high = Character.digit(values[at + 1], 16);
      int low = Character.digit(values[at + 2], 16);
      return high < 0 || low < 0 ? -1 : high << 4 | low;
    }
  }
}
