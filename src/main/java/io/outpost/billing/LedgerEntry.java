package io.outpost.billing;

import io.opentelemetry.api.trace.Span;
import io.outpost.telemetry.LogSubject;
import io.outpost.telemetry.Tracing;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A billable job in the ledger, written in the transaction that ended the job.
 *
 * @param sk {@code ledger#<period_start>#<job_id>}
 * @param acceptedAt when the job was accepted; null in older entries
 * @param recordedAt when the job ended
 * @param reportBegan when reporting it to Stripe was first tried; null before
 * @param reportedAt when Stripe was known to have the report; null before
 * @param unmeteredAt when the job was found too old for Stripe's meter, so that an invoice item
 *     bills it; null otherwise
 * @param parkedFor why Stripe refuses the report; null unless parked
 * @param parkedAt when Stripe refused the report; null unless parked
 * @param voidBegan when Stripe was first asked to take the reported job off its count; null before,
 *     and once it is known that Stripe did not
 * @param voidedAt when the job was taken off the bill; null unless voided
 * @param voidedBy how the job is taken off the bill; null unless begun or voided
 * @param adjustment the item of a later invoice that bills the job, because the invoice of its
 *     period was already final; null when that invoice bills it
 * @param adjustedAt when that item was known to exist; null before
 * @param resends how many times Stripe accepted and later rejected the report; null for never
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
    @Nullable Instant voidBegan,
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

  /** The trace context for reporting the job to Stripe. */
  @Override
  public Span span() {
    return Tracing.remote(traceParent);
  }

  /**
   * The time at which the job counts, here and at Stripe: its acceptance. In older entries it is
   * the job's end.
   */
  public Instant countedAt() {
    return acceptedAt == null ? recordedAt : acceptedAt;
  }

  /**
   * The identifier by which Stripe recognizes duplicates. It changes after each rejection, because
   * Stripe would refuse the old one.
   */
  public String identifier() {
    return resends == null ? jobId : jobId + "-" + resends;
  }

  /** The billing period of the job. */
  public String period() {
    return sk.split("#", 3)[1];
  }

  /**
   * When Stripe was known to have the report.
   *
   * @throws IllegalStateException before that
   */
  public Instant reported() {
    if (reportedAt == null) {
      throw new IllegalStateException("Stripe has no report of the job " + jobId);
    }
    return reportedAt;
  }

  /**
   * When reporting was first tried.
   *
   * @throws IllegalStateException before that
   */
  public Instant begun() {
    if (reportBegan == null) {
      throw new IllegalStateException("No report was tried for the job " + jobId);
    }
    return reportBegan;
  }

  /** Whether a report was begun whose outcome is unknown. */
  public boolean isOpen() {
    return reportBegan != null && reportedAt == null && parkedFor == null;
  }

  /** Whether Stripe was asked to take the job off its count, and the outcome is unknown. */
  public boolean isBeingVoided() {
    return voidBegan != null && voidedAt == null;
  }

  /** Whether it is unknown if Stripe counts the job. */
  public boolean isInDoubt() {
    return isOpen() || reportedAt != null && isBeingVoided();
  }

  /** Whether Stripe should count the job. A job that was refunded by a credit still counts. */
  public boolean isCounted() {
    return reportedAt != null && isOnBill();
  }

  /** Whether an invoice should bill the job: it was reported, or it was too old to be. */
  public boolean isDue() {
    return (reportedAt != null || unmeteredAt != null) && isOnBill();
  }

  private boolean isOnBill() {
    return voidedAt == null || VoidedJobs.Way.credit.name().equals(voidedBy);
  }
}
