package io.outpost.billing;

import java.time.Instant;
import java.util.List;

/**
 * What we need to know of a Stripe subscription.
 *
 * @param status Stripe's status, such as {@code past_due}
 * @param prices the ids of its prices
 * @param created when it began
 * @param anchor the start of its first month
 * @param unpaidSince the creation of its oldest unpaid invoice; without one, the beginning of the
 *     current period
 */
public record StripeSubscription(
    String id,
    String status,
    List<String> prices,
    Instant created,
    Instant anchor,
    Instant unpaidSince) {

  /** The same subscription with another past-due time. */
  StripeSubscription unpaidSince(Instant since) {
    return new StripeSubscription(id, status, prices, created, anchor, since);
  }
}
