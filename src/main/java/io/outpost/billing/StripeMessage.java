package io.outpost.billing;

import com.fasterxml.jackson.annotation.JsonEnumDefaultValue;
import com.fasterxml.jackson.annotation.JsonFormat;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A message of the queue {@code stripe}: work for a tenant's billing. Fields that its kind does not
 * use are null.
 *
 * @param kind the work
 * @param tenantId the tenant of the customer or job
 * @param event the event of Stripe
 * @param jobId the job to take off the bill
 * @param period the billing period of the job, as in its ledger entry
 * @param reason why the job is taken off the bill
 */
public record StripeMessage(
    @JsonFormat(with = JsonFormat.Feature.READ_UNKNOWN_ENUM_VALUES_USING_DEFAULT_VALUE) Kind kind,
    @Nullable String tenantId,
    @Nullable StripeEvent event,
    @Nullable String jobId,
    @Nullable String period,
    @Nullable String reason) {

  /**
   * Refuses a message without a kind, so that it becomes a dead letter. A newer release would have
   * written a kind, even if an unknown one.
   */
  public StripeMessage {
    Objects.requireNonNull(kind, "The message has no kind");
  }

  /**
   * The tenant of the customer or job.
   *
   * @throws IllegalArgumentException when the message names none
   */
  String concerned() {
    if (tenantId == null) {
      throw new IllegalArgumentException("The message names no tenant");
    }
    return tenantId;
  }

  /**
   * The job to take off the bill.
   *
   * @throws IllegalArgumentException when the message names none
   */
  String voided() {
    if (jobId == null) {
      throw new IllegalArgumentException("The message names no job");
    }
    return jobId;
  }

  /** The kinds of work. */
  public enum Kind {
    /** Apply an event. */
    event,
    /** Ensure that a tenant has a customer. */
    customer,
    /** Report more usage of a tenant, before its invoice is finalized. */
    report,
    /** End the subscription of a tenant that was deleted. */
    close,
    /** Take a job off the bill. */
    void_job,
    /** A kind that only a newer release knows. */
    @JsonEnumDefaultValue
    unknown
  }
}
