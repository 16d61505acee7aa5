package io.outpost.billing;

import io.outpost.tenant.Tenant;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Variable;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Reads Stripe's answers about customers. Stateless. */
@Component("stripeCustomers")
public class StripeCustomers {

  /**
   * The customer that the tenant already has at Stripe, even when it is not linked yet; null for
   * none.
   */
  public @Nullable String existing(
      @Variable("page") String customers, @ExchangeProperty("tenant") Tenant tenant) {
    return StripeAnswers.customerOf(customers, tenant.tenantId()).orElse(null);
  }

  /** Whether a customer was deleted. Stripe still returns deleted customers, marked as such. */
  public boolean isDeleted(@Variable("customer") String customer) {
    return StripeAnswers.isDeletedCustomer(customer);
  }

  /** The id of the created customer. */
  public String created(@Variable("customer") String customer) {
    return StripeAnswers.customerId(customer);
  }

  /** The customer of a payment; null when a guest paid. */
  public @Nullable String payer(@Variable("charge") String charge) {
    return StripeAnswers.payer(charge).orElse(null);
  }

  /**
   * Whether an event is not about a tenant of ours, because the account is also used for other
   * products. A deleted customer counts as ours, since it may have been: it has lost its metadata,
   * and a dispute can come months later.
   */
  public boolean isStranger(
      @ExchangeProperty("tenantId") String tenantId, @Variable("customer") String customer) {
    return tenantId == null && (customer == null || !StripeAnswers.isDeletedCustomer(customer));
  }

  /** The tenant in a customer's metadata; null for customers of other products. */
  public @Nullable String tenant(@Variable("customer") String customer) {
    return StripeAnswers.tenantOf(customer).orElse(null);
  }
}
