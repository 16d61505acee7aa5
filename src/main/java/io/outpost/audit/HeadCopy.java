package io.outpost.audit;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The head of a block, in the second bucket, whose objects cannot be changed. All data is in the
 * object's name, so a listing of names gives all heads.
 */
record HeadCopy(String tenantId, long sequence, String sha256) {

  private static final Pattern NAME =
      Pattern.compile("tenant=([0-9a-f-]{36})/(\\d{12})-([0-9a-f]{64})");

  /** The name as text. */
  String text() {
    return from(tenantId, sequence) + "-" + sha256;
  }

  /** The name after which the heads of this sequence and of later ones sort. */
  static String from(String tenantId, long sequence) {
    return BlockKey.folder(tenantId) + "%012d".formatted(sequence);
  }

  /** Parses the name of an object; empty when it is not the name of a head. */
  static Optional<HeadCopy> parse(String text) {
    var name = NAME.matcher(text);
    return name.matches()
        ? Optional.of(new HeadCopy(name.group(1), Long.parseLong(name.group(2)), name.group(3)))
        : Optional.empty();
  }
}
