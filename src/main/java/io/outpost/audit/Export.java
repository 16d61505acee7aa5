package io.outpost.audit;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An export of a tenant's audit, stored in the audit table under the sort key {@code
 * export#<export_id>}.
 *
 * @param to at most the time of the request
 * @param attempts how many times a worker began it
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

  /** The prefix of exports' sort keys. */
  static final String SK_PREFIX = "export#";

  /** The prefix of partitions of the index {@code open} with unfinished exports. */
  static final String OPEN = "export";

  /** The name of the file that lists all others. */
  static final String MANIFEST = "manifest.json";

  /** The status of an export. */
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

  /** The key of one of the export's files in the output bucket. */
  String key(String file) {
    return "exports/" + BlockKey.folder(tenantId) + exportId + "/" + file;
  }

  /** The exported time range. */
  TimeRange range() {
    return new TimeRange(from, to);
  }
}
