package io.outpost.billing;

import io.outpost.tenant.Tenant;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Variable;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Reads Stripe's answers about customers. Stateless. */
@Component("stripeCustomers")
public class StripeCustomers {

  /** The existing customer of the tenant, even when it is not linked yet; null for none. */
  public @Nullable String existing(
      @Variable("customers") String customers, @ExchangeProperty("tenant") Tenant tenant) {
    return StripeAnswers.customerOf(customers, tenant.tenantId()).orElse(null);
  }

  /** Whether another page of customers follows. */
  public boolean hasMore(@Variable("customers") String customers) {
    return StripeAnswers.hasMoreCustomers(customers);
  }

  /** The last customer of a page, after which the next page begins; null on an empty one. */
  public @Nullable String last(@Variable("customers") String customers) {
    return StripeAnswers.lastCustomer(customers).orElse(null);
  }

  /** Whether a customer was deleted; Stripe still returns it with that mark. */
  public boolean isDeleted(@Variable("customer") String customer) {
    return StripeAnswers.isDeletedCustomer(customer);
  }

  /** The created customer. */
  public String created(@Variable("customer") String customer) {
    return StripeAnswers.customerId(customer);
  }

  /** The customer of a payment; null for a guest. */
  public @Nullable String payer(@Variable("charge") String charge) {
    return StripeAnswers.payer(charge).orElse(null);
  }

  /**
   * Whether an event is about a customer of another product of the account. A customer of a removed
   * tenant does not count as one, because a dispute can come months later. A deleted customer has
   * lost its metadata and may have been ours.
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
