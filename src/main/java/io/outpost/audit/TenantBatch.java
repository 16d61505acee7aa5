package io.outpost.audit;

import java.util.List;

/**
 * Entries of one tenant that go into its archive together: each once, oldest first, at least one.
 */
record TenantBatch(String tenantId, List<AuditEntry> entries) {

  /** Entries in one message of the audit queue: of the largest, it stays under 256 KiB. */
  static final int MESSAGE = 100;
}
