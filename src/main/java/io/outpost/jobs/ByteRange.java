package io.outpost.jobs;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * One range of bytes as a client asks for it (RFC 9110, 14.1): from an offset, or the last ones.
 *
 * @param first offset of the first byte; -1: the last {@code length} bytes
 * @param length how many at most
 */
record ByteRange(long first, long length) {

  private static final Pattern ONE = Pattern.compile("bytes=([0-9]{0,18})-([0-9]{0,18})");

  /** The range of a header; empty for several ranges or other units, which may be ignored. */
  static Optional<ByteRange> of(String header) {
    var found = ONE.matcher(header.strip());
    if (!found.matches() || (found.group(1).isEmpty() && found.group(2).isEmpty())) {
      return Optional.empty();
    }
    if (found.group(1).isEmpty()) {
      return Optional.of(new ByteRange(-1, Long.parseLong(found.group(2))));
    }
    var first = Long.parseLong(found.group(1));
    if (found.group(2).isEmpty()) {
      return Optional.of(new ByteRange(first, Long.MAX_VALUE));
    }
    var last = Long.parseLong(found.group(2));
    return last < first ? Optional.empty() : Optional.of(new ByteRange(first, last - first + 1));
  }

  /** Where it begins in a text of some length. */
  long start(long size) {
    return first >= 0 ? first : Math.max(0, size - length);
  }

  /** Whether a text of some length has any of it. */
  boolean isIn(long size) {
    return length > 0 && start(size) < size;
  }
}
