package io.outpost.billing;

import java.time.Instant;

/**
 * A job that counts, as the ledger has it: written in the transaction that ended the job.
 *
 * @param sk {@code ledger#<period_start>#<job_id>}
 * @param recordedAt when the job ended, the time that Stripe counts it at
 * @param reportBegan when we first tried to report it; null before
 * @param reportedAt when Stripe was known to have it; null before
 * @param parkedFor why Stripe will not take it; null while it may
 * @param parkedAt when Stripe would not take it; null while it may
 * @param voidedAt when it was taken off the bill; null when it was not
 * @param resends how often Stripe accepted it and rejected it afterwards; null for never
 */
public record LedgerEntry(
    String tenantId,
    String sk,
    String jobId,
    Instant recordedAt,
    Instant reportBegan,
    Instant reportedAt,
    String parkedFor,
    Instant parkedAt,
    Instant voidedAt,
    Integer resends) {

  /** What Stripe tells doubles apart by: another one after Stripe has rejected the last. */
  public String identifier() {
    return resends == null ? jobId : jobId + "-" + resends;
  }

  /** The billing period that the job counted in. */
  public String period() {
    return sk.split("#", 3)[1];
  }

  /** Whether we tried to report it and do not know what came of it. */
  public boolean isOpen() {
    return reportBegan != null && reportedAt == null && parkedFor == null;
  }

  /** Whether Stripe should count it. */
  public boolean isCounted() {
    return reportedAt != null && voidedAt == null;
  }
}
