package io.outpost.audit;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An export of a tenant's audit. Stored in the audit table under the sort key {@code
 * export#<export_id>}.
 *
 * @param to moved to the time of the request when it lay after that
 * @param attempts how often a worker began to make it
 * @param entries null until it is done
 * @param manifestSha256 null until it is done
 */
record Export(
    String tenantId,
    String exportId,
    Status status,
    Instant from,
    Instant to,
    Instant createdAt,
    @Nullable Instant completedAt,
    int attempts,
    @Nullable Long entries,
    @Nullable String manifestSha256) {

  /** Where the sort keys of a tenant's exports begin. */
  static final String SK_PREFIX = "export#";

  /** Partitions of the index open: exports that are not made. */
  static final String OPEN = "export";

  /** The file that names all others. */
  static final String MANIFEST = "manifest.json";

  /** Where an export stands. */
  enum Status {
    pending,
    running,
    done,
    failed
  }

  /** The sort key of an export. */
  static String sk(String exportId) {
    return SK_PREFIX + exportId;
  }

  /** A file of the export in the output bucket. */
  String key(String file) {
    return "exports/" + BlockKey.folder(tenantId) + exportId + "/" + file;
  }

  /** What is exported. */
  TimeRange range() {
    return new TimeRange(from, to);
  }
}
