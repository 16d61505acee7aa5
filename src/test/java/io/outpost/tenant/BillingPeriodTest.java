package io.outpost.tenant;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneOffset;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BillingPeriodTest {

  /** Every instant belongs to one period, before or after the anchor. */
  @Property
  void holdsTheInstantItWasAskedFor(
      @ForAll("moments") Instant anchor, @ForAll("moments") Instant now) {
    BillingPeriod period = BillingPeriod.at(anchor, now);
    assertThat(period.contains(now)).isTrue();
    assertThat(period.start()).isBefore(period.end());
  }

  /** Periods neither overlap nor leave a gap: no job is counted twice or not at all. */
  @Property
  void followsThePeriodBeforeIt(@ForAll("moments") Instant anchor, @ForAll("moments") Instant now) {
    BillingPeriod period = BillingPeriod.at(anchor, now);
    assertThat(BillingPeriod.at(anchor, period.end()).start()).isEqualTo(period.end());
    assertThat(BillingPeriod.at(anchor, period.end().minusNanos(1))).isEqualTo(period);
    assertThat(BillingPeriod.at(anchor, period.start())).isEqualTo(period);
    assertThat(BillingPeriod.at(anchor, period.start().minusNanos(1)).end())
        .isEqualTo(period.start());
  }

  /**
   * A period starts on the anchor's day, or the last day of a shorter month, at the anchor's time
   * of day.
   */
  @Property
  void keepsTheAnchorsDay(@ForAll("moments") Instant anchor, @ForAll("moments") Instant now) {
    var first = anchor.atZone(ZoneOffset.UTC);
    var start = BillingPeriod.at(anchor, now).start().atZone(ZoneOffset.UTC);
    int lastDay = YearMonth.from(start).lengthOfMonth();
    assertThat(start.getDayOfMonth()).isEqualTo(Math.min(first.getDayOfMonth(), lastDay));
    assertThat(start.toLocalTime()).isEqualTo(first.toLocalTime().withNano(0));
  }

  @ParameterizedTest
  @CsvSource({
    // The 31st, through a short month and back.
    "2026-01-31T10:00:00Z, 2026-02-15T00:00:00Z, 2026-01-31T10:00:00Z, 2026-02-28T10:00:00Z",
    "2026-01-31T10:00:00Z, 2026-02-28T10:00:00Z, 2026-02-28T10:00:00Z, 2026-03-31T10:00:00Z",
    "2026-01-31T10:00:00Z, 2026-03-31T09:59:59.999Z, 2026-02-28T10:00:00Z, 2026-03-31T10:00:00Z",
    // A leap day, in leap years and others.
    "2024-02-29T00:00:00Z, 2025-02-28T00:00:00Z, 2025-02-28T00:00:00Z, 2025-03-29T00:00:00Z",
    "2024-02-29T00:00:00Z, 2028-02-28T23:59:59Z, 2028-01-29T00:00:00Z, 2028-02-29T00:00:00Z",
    "2023-12-30T00:00:00Z, 2024-02-29T12:00:00Z, 2024-02-29T00:00:00Z, 2024-03-30T00:00:00Z",
    // Over the turn of a year.
    "2026-12-15T08:00:00Z, 2027-01-15T07:59:59Z, 2026-12-15T08:00:00Z, 2027-01-15T08:00:00Z",
    // Before the anchor, as in a trial whose anchor is its end.
    "2026-06-30T00:00:00Z, 2026-06-01T00:00:00Z, 2026-05-30T00:00:00Z, 2026-06-30T00:00:00Z",
    // Fractions of a second in the anchor do not count.
    "2026-01-05T00:00:00.987Z, 2026-01-05T00:00:00.001Z, 2026-01-05T00:00:00Z, 2026-02-05T00:00:00Z",
  })
  void standsWhereStripeBills(Instant anchor, Instant now, Instant start, Instant end) {
    assertThat(BillingPeriod.at(anchor, now)).isEqualTo(new BillingPeriod(start, end));
  }

  @Provide
  Arbitrary<Instant> moments() {
    return Arbitraries.longs()
        .between(
            Instant.parse("2020-01-01T00:00:00Z").toEpochMilli(),
            Instant.parse("2045-01-01T00:00:00Z").toEpochMilli())
        .map(Instant::ofEpochMilli);
  }
}
