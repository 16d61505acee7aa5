package io.outpost.billing;

import com.fasterxml.jackson.annotation.JsonEnumDefaultValue;
import com.fasterxml.jackson.annotation.JsonFormat;

/**
 * What travels through the queue {@code stripe}: something to be done about a tenant's billing.
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
    String tenantId,
    StripeEvent event,
    String jobId,
    String period,
    String reason) {

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
