package io.outpost.billing;

import io.outpost.tenant.Tenant;
import io.outpost.tenant.Tier;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a tenant is entitled to, from its Stripe subscriptions: the table in docs/billing.md.
 *
 * @param subscriptionStatus Stripe's word for the deciding subscription, or null without one
 * @param anchor from where billing periods are counted, or null for the tenant's creation
 * @param pastDueSince when the invoice was made that is not paid; null unless past_due
 */
public record Entitlement(
    Tier tier,
    Tenant.Status status,
    String subscriptionStatus,
    Instant anchor,
    Instant pastDueSince) {
  // The subscription that decides among several: what is paid before what is owed before the rest.
  private static final List<String> PRECEDENCE =
      List.of(
          "active",
          "trialing",
          "past_due",
          "unpaid",
          "paused",
          "incomplete",
          "canceled",
          "incomplete_expired");

  /**
   * Judges all subscriptions of one customer.
   *
   * @param tiers the tier of each price id that we sell or sold
   * @return empty where the deciding subscription has no price of ours: nothing is to change then
   */
  public static Optional<Entitlement> of(List<StripeSubscription> all, Map<String, Tier> tiers) {
    return all.stream()
        .filter(one -> PRECEDENCE.contains(one.status()))
        .min(
            Comparator.comparingInt((StripeSubscription one) -> PRECEDENCE.indexOf(one.status()))
                .thenComparing(StripeSubscription::created, Comparator.reverseOrder())
                .thenComparing(StripeSubscription::id))
        .map(one -> judge(one, tiers))
        .orElse(Optional.of(new Entitlement(Tier.FREE, Tenant.Status.active, null, null, null)));
  }

  /** Of a customer that is gone, and its subscriptions with it. */
  static Entitlement ended() {
    return new Entitlement(Tier.FREE, Tenant.Status.active, "canceled", null, null);
  }

  private static Optional<Entitlement> judge(StripeSubscription one, Map<String, Tier> tiers) {
    Optional<Tier> paidFor =
        one.prices().stream().filter(tiers::containsKey).findFirst().map(tiers::get);
    return switch (one.status()) {
      case "active", "trialing" ->
          paidFor.map(
              tier ->
                  new Entitlement(tier, Tenant.Status.active, one.status(), one.anchor(), null));
      case "past_due", "unpaid" ->
          paidFor.map(
              tier ->
                  new Entitlement(
                      tier, Tenant.Status.past_due, one.status(), one.anchor(), one.unpaidSince()));
      default ->
          Optional.of(new Entitlement(Tier.FREE, Tenant.Status.active, one.status(), null, null));
    };
  }
}
