package io.outpost.billing;

import io.opentelemetry.api.trace.Span;
import io.outpost.telemetry.LogSubject;
import io.outpost.telemetry.Tracing;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A job that counts, as the ledger has it: written in the transaction that ended the job.
 *
 * @param sk {@code ledger#<period_start>#<job_id>}
 * @param acceptedAt when the job was accepted; null in entries of before that was written down
 * @param recordedAt when the job ended
 * @param reportBegan when we first tried to report it; null before
 * @param reportedAt when Stripe was known to have it; null before
 * @param unmeteredAt when it was too old for Stripe's meter, so that a position bills it; null else
 * @param parkedFor why Stripe will not take it; null while it may
 * @param parkedAt when Stripe would not take it; null while it may
 * @param voidedAt when it was taken off the bill; null when it was not
 * @param voidedBy how it was taken off the bill; null when it was not
 * @param adjustment the position of a later invoice that bills it, for the one of its period was
 *     final already; null where that bills it
 * @param adjustedAt when that position was known to be there; null before
 * @param resends how often Stripe accepted it and rejected it afterwards; null for never
 * @param traceParent the trace context of the job's submission; may be null
 */
public record LedgerEntry(
    String tenantId,
    String sk,
    String jobId,
    @Nullable Instant acceptedAt,
    Instant recordedAt,
    @Nullable Instant reportBegan,
    @Nullable Instant reportedAt,
    @Nullable Instant unmeteredAt,
    @Nullable String parkedFor,
    @Nullable Instant parkedAt,
    @Nullable Instant voidedAt,
    @Nullable String voidedBy,
    @Nullable String adjustment,
    @Nullable Instant adjustedAt,
    @Nullable Integer resends,
    @Nullable String traceParent)
    implements LogSubject {

  @Override
  public Map<String, String> logFields() {
    return Map.of("tenant_id", tenantId, "job_id", jobId);
  }

  /** Its report to Stripe belongs to the trace of the job. */
  @Override
  public Span span() {
    return Tracing.remote(traceParent);
  }

  /**
   * The time that it counts at, here and at Stripe: a job belongs to the period in which it was
   * accepted. Before that was written down, Stripe was told when it had ended.
   */
  public Instant countedAt() {
    return acceptedAt == null ? recordedAt : acceptedAt;
  }

  /** What Stripe tells doubles apart by: another one after Stripe has rejected the last. */
  public String identifier() {
    return resends == null ? jobId : jobId + "-" + resends;
  }

  /** The billing period that the job counted in. */
  public String period() {
    return sk.split("#", 3)[1];
  }

  /**
   * When Stripe was known to have it.
   *
   * @throws IllegalStateException before
   */
  public Instant reported() {
    if (reportedAt == null) {
      throw new IllegalStateException("Stripe has no report of the job " + jobId);
    }
    return reportedAt;
  }

  /**
   * When we first tried to report it.
   *
   * @throws IllegalStateException before
   */
  public Instant begun() {
    if (reportBegan == null) {
      throw new IllegalStateException("No report was tried for the job " + jobId);
    }
    return reportBegan;
  }

  /** Whether we tried to report it and do not know what came of it. */
  public boolean isOpen() {
    return reportBegan != null && reportedAt == null && parkedFor == null;
  }

  /** Whether Stripe should count it; a job that was paid back by a credit still is. */
  public boolean isCounted() {
    return reportedAt != null && isOnBill();
  }

  /** Whether an invoice should bill it: what Stripe's meter counts, and what was too old for it. */
  public boolean isDue() {
    return (reportedAt != null || unmeteredAt != null) && isOnBill();
  }

  private boolean isOnBill() {
    return voidedAt == null || VoidedJobs.Way.credit.name().equals(voidedBy);
  }
}
