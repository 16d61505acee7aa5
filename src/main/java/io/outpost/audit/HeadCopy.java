package io.outpost.audit;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What the second bucket, whose objects cannot be changed, knows of a block. All of it is in the
 * object's name, so that a list of names is the list of heads.
 */
record HeadCopy(String tenantId, long sequence, String sha256) {

  private static final Pattern NAME =
      Pattern.compile("tenant=([0-9a-f-]{36})/(\\d{12})-([0-9a-f]{64})");

  /** The name as text. */
  String text() {
    return from(tenantId, sequence) + "-" + sha256;
  }

  /** Every head of a sequence or a later one has a name that sorts after this. */
  static String from(String tenantId, long sequence) {
    return BlockKey.folder(tenantId) + "%012d".formatted(sequence);
  }

  /** A head; empty when the name is none of ours. */
  static Optional<HeadCopy> parse(String text) {
    var name = NAME.matcher(text);
    return name.matches()
        ? Optional.of(new HeadCopy(name.group(1), Long.parseLong(name.group(2)), name.group(3)))
        : Optional.empty();
  }
}
