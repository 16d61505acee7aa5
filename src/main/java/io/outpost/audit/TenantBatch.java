package io.outpost.audit;

import java.util.List;

/** Entries of one tenant that are archived together: at least one, each once, oldest first. */
record TenantBatch(String tenantId, List<AuditEntry> entries) {

  /**
   * The maximum number of entries in one message of the audit queue. Even with the largest entries
   * the message stays under 256 KiB.
   */
  static final int MESSAGE = 100;
}
