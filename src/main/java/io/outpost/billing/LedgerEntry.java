package io.outpost.billing;

import java.time.Instant;

/**
 * A job that counts, as the ledger has it: written in the transaction that ended the job.
 *
 * @param sk {@code ledger#<period_start>#<job_id>}
 * @param recordedAt when the job ended, the time that Stripe counts it at
 * @param reportBegan when we first tried to report it; null before
 * @param reportedAt when Stripe was known to have it; null before
 * @param parkedFor why it is not to be reported; null while it is
 * @param voidedAt when it was taken off the bill; null when it was not
 */
public record LedgerEntry(
    String tenantId,
    String sk,
    String jobId,
    Instant recordedAt,
    Instant reportBegan,
    Instant reportedAt,
    String parkedFor,
    Instant voidedAt) {

  /** Whether we tried to report it and do not know what came of it. */
  public boolean isOpen() {
    return reportBegan != null && reportedAt == null && parkedFor == null;
  }

  /** Whether Stripe should count it. */
  public boolean isCounted() {
    return reportedAt != null && voidedAt == null;
  }
}
