package io.outpost.audit;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The name of a block in the archive. A tenant's names sort in the order of its chain.
 *
 * @param hour when the block was archived; in a parsed name, the full hour
 * @param first the time of the block's first entry, so that a listing shows the time ranges
 */
record BlockKey(String tenantId, Instant hour, long sequence, Instant first) {

  private static final DateTimeFormatter FOLDER =
      DateTimeFormatter.ofPattern("'date='yyyy-MM-dd'/hour='HH").withZone(ZoneOffset.UTC);
  private static final DateTimeFormatter FIRST =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmssSSS'Z'").withZone(ZoneOffset.UTC);
  private static final Pattern NAME =
      Pattern.compile(
          "tenant=([0-9a-f-]{36})/date=(\\d{4}-\\d\\d-\\d\\d)/hour=(\\d\\d)/"
              + "(\\d{12})-(\\d{8}T\\d{9}Z)\\.ndjson\\.gz");

  /** The prefix of a tenant's blocks. */
  static String folder(String tenantId) {
    return "tenant=" + tenantId + "/";
  }

  /** The prefix of a tenant's blocks that were archived in this hour. */
  static String folder(String tenantId, Instant hour) {
    return folder(tenantId) + FOLDER.format(hour) + "/";
  }

  /** The name as text. */
  String text() {
    return folder(tenantId, hour) + "%012d-%s.ndjson.gz".formatted(sequence, FIRST.format(first));
  }

  /** Parses the name of an object; empty when it is not the name of a block. */
  static Optional<BlockKey> parse(String text) {
    var name = NAME.matcher(text);
    if (!name.matches()) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new BlockKey(
              name.group(1),
              Instant.parse(name.group(2) + "T" + name.group(3) + ":00:00Z"),
              Long.parseLong(name.group(4)),
              FIRST.parse(name.group(5), Instant::from)));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }
}
