package io.outpost.billing;

import java.time.Instant;
import java.util.List;

/**
 * What we need to know of one Stripe subscription.
 *
 * @param status Stripe's status, such as {@code past_due}
 * @param prices the ids of its prices
 * @param created when it began
 * @param anchor the instant from which its months are counted
 * @param unpaidSince when its oldest unpaid invoice was made; where none is known, when the current
 *     period began
 */
public record StripeSubscription(
    String id,
    String status,
    List<String> prices,
    Instant created,
    Instant anchor,
    Instant unpaidSince) {

  /** The same, unpaid since another time. */
  StripeSubscription unpaidSince(Instant since) {
    return new StripeSubscription(id, status, prices, created, anchor, since);
  }
}
