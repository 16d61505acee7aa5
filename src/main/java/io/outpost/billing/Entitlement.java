package io.outpost.billing;

import io.outpost.tenant.Tenant;
import io.outpost.tenant.Tier;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The tier and status that a tenant gets from its Stripe subscriptions, by the table in
 * docs/billing.md.
 *
 * @param subscriptionStatus Stripe's status of the deciding subscription, or null without one
 * @param anchor the start of the first billing period, or null for the tenant's creation
 * @param pastDueSince when the unpaid invoice was created; null unless past_due
 */
public record Entitlement(
    Tier tier,
    Tenant.Status status,
    @Nullable String subscriptionStatus,
    @Nullable Instant anchor,
    @Nullable Instant pastDueSince) {
  // Statuses of paid subscriptions; then of unpaid ones; then of those that entitle to nothing.
  private static final List<String> PAID = List.of("active", "trialing");
  private static final List<String> OWED = List.of("past_due", "unpaid");
  private static final List<String> IDLE =
      List.of("paused", "incomplete", "canceled", "incomplete_expired");

  /**
   * Judges all subscriptions of one customer with all their items. The highest paid tier decides;
   * without one, the highest unpaid tier. Items with prices that are not ours are ignored.
   *
   * @param tiers the tier of each of our prices, current and older ones
   * @return empty when the customer has paid or unpaid subscriptions, but only with prices that are
   *     not ours: then nothing changes
   */
  public static Optional<Entitlement> of(List<StripeSubscription> all, Map<String, Tier> tiers) {
    return best(all, PAID, tiers)
        .or(() -> best(all, OWED, tiers))
        .or(() -> hasAny(all, PAID) || hasAny(all, OWED) ? Optional.empty() : idle(all));
  }

  /** The subscription that decides; empty when no paid or unpaid one has a price of ours. */
  static Optional<StripeSubscription> deciding(
      List<StripeSubscription> all, Map<String, Tier> tiers) {
    return first(all, PAID, tiers).or(() -> first(all, OWED, tiers));
  }

  /** The entitlement after the customer was deleted, with all its subscriptions. */
  static Entitlement ended() {
    return new Entitlement(Tier.FREE, Tenant.Status.active, "canceled", null, null);
  }

  private static boolean hasAny(List<StripeSubscription> all, List<String> statuses) {
    return all.stream().anyMatch(one -> statuses.contains(one.status()));
  }

  private static Optional<Entitlement> best(
      List<StripeSubscription> all, List<String> statuses, Map<String, Tier> tiers) {
    return first(all, statuses, tiers)
        .map(one -> paying(one, tierOf(one, tiers).orElseThrow(), oldestDebt(all, one, tiers)));
  }

  private static Optional<StripeSubscription> first(
      List<StripeSubscription> all, List<String> statuses, Map<String, Tier> tiers) {
    return all.stream()
        .filter(one -> statuses.contains(one.status()) && tierOf(one, tiers).isPresent())
        .min(
            Comparator.comparing(
                    (StripeSubscription one) -> tierOf(one, tiers).orElseThrow(),
                    Comparator.reverseOrder())
                .thenComparingInt(one -> statuses.indexOf(one.status()))
                .thenComparing(StripeSubscription::created, Comparator.reverseOrder())
                .thenComparing(StripeSubscription::id));
  }

  private static Entitlement paying(StripeSubscription one, Tier tier, @Nullable Instant debt) {
    return PAID.contains(one.status())
        ? new Entitlement(tier, Tenant.Status.active, one.status(), one.anchor(), null)
        : new Entitlement(tier, Tenant.Status.past_due, one.status(), one.anchor(), debt);
  }

  /**
   * Since when the customer owes: the creation of the oldest unpaid invoice of any subscription
   * with a price of ours.
   */
  private static @Nullable Instant oldestDebt(
      List<StripeSubscription> all, StripeSubscription decides, Map<String, Tier> tiers) {
    return all.stream()
        .filter(one -> OWED.contains(one.status()) && tierOf(one, tiers).isPresent())
        .map(StripeSubscription::unpaidSince)
        .min(Comparator.naturalOrder())
        .orElse(decides.unpaidSince());
  }

  private static Optional<Tier> tierOf(StripeSubscription one, Map<String, Tier> tiers) {
    return one.prices().stream()
        .filter(tiers::containsKey)
        .map(tiers::get)
        .max(Comparator.naturalOrder());
  }

  private static Optional<Entitlement> idle(List<StripeSubscription> all) {
    String status =
        all.stream()
            .map(StripeSubscription::status)
            .filter(IDLE::contains)
            .min(Comparator.comparingInt(IDLE::indexOf))
            .orElse(null);
    return Optional.of(new Entitlement(Tier.FREE, Tenant.Status.active, status, null, null));
  }
}
