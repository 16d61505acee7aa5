package io.outpost.billing;

import io.outpost.tenant.Tenant;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Variable;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** What Stripe's answers say of customers. Stateless. */
@Component("stripeCustomers")
public class StripeCustomers {

  /** The customer made for the tenant before, whether or not we came to know; null for none. */
  public @Nullable String existing(
      @Variable("customers") String customers, @ExchangeProperty("tenant") Tenant tenant) {
    return StripeAnswers.customerOf(customers, tenant.tenantId()).orElse(null);
  }

  /** Whether another page of customers follows. */
  public boolean hasMore(@Variable("customers") String customers) {
    return StripeAnswers.hasMoreCustomers(customers);
  }

  /** The last customer of a page, behind which the next page begins; null on an empty one. */
  public @Nullable String last(@Variable("customers") String customers) {
    return StripeAnswers.lastCustomer(customers).orElse(null);
  }

  /** Whether a customer was deleted: Stripe still shows it, and says so. */
  public boolean isDeleted(@Variable("customer") String customer) {
    return StripeAnswers.isDeletedCustomer(customer);
  }

  /** The customer just made. */
  public String created(@Variable("customer") String customer) {
    return StripeAnswers.customerId(customer);
  }

  /** Who made a payment; null for a guest. */
  public @Nullable String payer(@Variable("charge") String charge) {
    return StripeAnswers.payer(charge).orElse(null);
  }

  /**
   * Whether an event is about a customer of something else that the account sells. One of a tenant
   * that is gone is none: a dispute can come months later. A deleted one says no more whose it was:
   * it may have been ours.
   */
  public boolean isStranger(
      @ExchangeProperty("tenantId") String tenantId, @Variable("customer") String customer) {
    return tenantId == null && (customer == null || !StripeAnswers.isDeletedCustomer(customer));
  }

  /** The tenant that a customer says it was made for; null for a stranger. */
  public @Nullable String tenant(@Variable("customer") String customer) {
    return StripeAnswers.tenantOf(customer).orElse(null);
  }
}
