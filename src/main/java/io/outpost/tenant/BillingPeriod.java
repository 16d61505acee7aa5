package io.outpost.tenant;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;

/**
 * One month of a tenant's billing, from {@code start} (inclusive) to {@code end} (the start of the
 * next month), both in whole seconds of UTC.
 *
 * <p>Months are counted from an anchor: Stripe's {@code billing_cycle_anchor} for a subscribed
 * tenant, the tenant's creation for a free one. A month without the anchor's day begins on its last
 * day; the next longer month begins on the anchor's day again, as Stripe bills.
 */
public record BillingPeriod(Instant start, Instant end) {

  /**
   * The period, counted from {@code anchor}, that contains {@code now}. Every instant is in exactly
   * one period, even before the anchor (during a trial).
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
