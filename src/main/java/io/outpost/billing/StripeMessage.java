package io.outpost.billing;

import com.fasterxml.jackson.annotation.JsonEnumDefaultValue;
import com.fasterxml.jackson.annotation.JsonFormat;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What travels through the queue {@code stripe}: something to be done about a tenant's billing.
 * What its kind has no use for is null.
 *
 * @param kind what is to be done
 * @param tenantId whose customer, or whose job
 * @param event what happened at Stripe
 * @param jobId the job to be taken off the bill
 * @param period the billing period that the job was counted in, as in its ledger entry
 * @param reason why the job is taken off the bill
 */
public record StripeMessage(
    @JsonFormat(with = JsonFormat.Feature.READ_UNKNOWN_ENUM_VALUES_USING_DEFAULT_VALUE) Kind kind,
    @Nullable String tenantId,
    @Nullable StripeEvent event,
    @Nullable String jobId,
    @Nullable String period,
    @Nullable String reason) {

  /** A message that asks for nothing is no newer release's: it becomes a dead letter. */
  public StripeMessage {
    Objects.requireNonNull(kind, "The message has no kind");
  }

  /**
   * Whose customer, or whose job.
   *
   * @throws IllegalArgumentException where it names nobody
   */
  String concerned() {
    if (tenantId == null) {
      throw new IllegalArgumentException("The message names no tenant");
    }
    return tenantId;
  }

  /**
   * The job to be taken off the bill.
   *
   * @throws IllegalArgumentException where it names none
   */
  String voided() {
    if (jobId == null) {
      throw new IllegalArgumentException("The message names no job");
    }
    return jobId;
  }

  /** What a message asks for. */
  public enum Kind {
    /** Apply an event. */
    event,
    /** Make sure that a tenant has a customer. */
    customer,
    /** Report more of what a tenant used, while its invoice is a draft. */
    report,
    /** End the subscription of a tenant that was deleted. */
    close,
    /** Take a job off the bill. */
    void_job,
    /** What only a newer release knows. */
    @JsonEnumDefaultValue
    unknown
  }
}
