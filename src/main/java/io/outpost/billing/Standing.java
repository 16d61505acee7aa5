package io.outpost.billing;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a tenant is entitled to, from its Stripe subscriptions: the table in docs/billing.md.
 *
 * @param tier free, pro or enterprise
 * @param status active or past_due
 * @param subscription the deciding subscription's id, or null without one
 * @param subscriptionStatus its status as Stripe names it, or null without one
 * @param anchor from where billing periods are counted, or null for the tenant's creation
 */
public record Standing(
    String tier, String status, String subscription, String subscriptionStatus, Instant anchor) {
  private static final String FREE = "free";
  private static final Standing NONE = new Standing(FREE, "active", null, null, null);
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
   * Judges all subscriptions of one customer at {@code now}.
   *
   * @param tiers the tier of each price id that we sell or sold
   * @param grace how long an unpaid subscription keeps its tier
   * @return empty where the deciding subscription has no price of ours: nothing is to change then
   */
  public static Optional<Standing> of(
      List<Subscribed> all, Map<String, String> tiers, Duration grace, Instant now) {
    return all.stream()
        .filter(one -> PRECEDENCE.contains(one.status()))
        .min(
            Comparator.comparingInt((Subscribed one) -> PRECEDENCE.indexOf(one.status()))
                .thenComparing(Subscribed::created, Comparator.reverseOrder())
                .thenComparing(Subscribed::id))
        .map(one -> judge(one, tiers, grace, now))
        .orElse(Optional.of(NONE));
  }

  private static Optional<Standing> judge(
      Subscribed one, Map<String, String> tiers, Duration grace, Instant now) {
    Optional<String> paidFor =
        one.prices().stream().filter(tiers::containsKey).findFirst().map(tiers::get);
    return switch (one.status()) {
      case "active", "trialing" -> paidFor.map(tier -> paid(one, tier, "active"));
      case "past_due" ->
          inGrace(one, grace, now)
              ? paidFor.map(tier -> paid(one, tier, "past_due"))
              : Optional.of(free(one, "past_due"));
      case "unpaid" -> Optional.of(free(one, "past_due"));
      default -> Optional.of(free(one, "active"));
    };
  }

  private static boolean inGrace(Subscribed one, Duration grace, Instant now) {
    return one.unpaidSince() == null || now.isBefore(one.unpaidSince().plus(grace));
  }

  private static Standing paid(Subscribed one, String tier, String status) {
    return new Standing(tier, status, one.id(), one.status(), one.anchor());
  }

  private static Standing free(Subscribed one, String status) {
    return new Standing(FREE, status, one.id(), one.status(), null);
  }
}
