package io.outpost.audit;

import java.util.List;

/** Entries of one tenant that are archived together: each once, oldest first, at least one. */
record TenantBatch(String tenantId, List<AuditEntry> entries) {

  /**
   * The maximum of entries in one message of the audit queue, which then stays under 256 KiB even
   * with the largest entries.
   */
  static final int MESSAGE = 100;
}
