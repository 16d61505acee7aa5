package io.outpost.tenant;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;

/**
 * One month of a tenant's billing, from {@code start} (within) to {@code end} (the next one's
 * start), both in whole seconds of UTC.
 *
 * <p>Months are counted from an anchor: Stripe's {@code billing_cycle_anchor} for a subscribed
 * tenant, the tenant's creation for a free one. A month that lacks the anchor's day uses its last
 * day, and the day returns in the next longer month, as Stripe bills.
 */
public record BillingPeriod(Instant start, Instant end) {

  /**
   * The period of {@code anchor}'s series that contains {@code now}; every instant has exactly one,
   * also before the anchor (a trial).
   */
  public static BillingPeriod at(Instant anchor, Instant now) {
    ZonedDateTime first = anchor.truncatedTo(ChronoUnit.SECONDS).atZone(ZoneOffset.UTC);
    ZonedDateTime today = now.atZone(ZoneOffset.UTC);
    long months = (today.getYear() - first.getYear()) * 12L;
    months += today.getMonthValue() - first.getMonthValue();
    if (first.plusMonths(months).isAfter(today)) {
      months--;
    }
    return new BillingPeriod(
        first.plusMonths(months).toInstant(), first.plusMonths(months + 1).toInstant());
  }

  /** Whether {@code instant} lies in this period. */
  public boolean contains(Instant instant) {
    return !instant.isBefore(start) && instant.isBefore(end);
  }
}
