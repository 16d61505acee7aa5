package io.outpost.telemetry;

import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Locale;

/**
 * A time that we hold ourselves to; {@code docs/objectives.md} has them all. Counted here and not
 * read from buckets, as CloudWatch has none. Stateless.
 */
public enum Objective {
  /** Who calls is known. */
  AUTH(Duration.ofMillis(50)),
  /** A call or transition can be listed in the audit. */
  AUDIT(Duration.ofMinutes(1));

  private final Duration within;

  Objective(Duration within) {
    this.within = within;
  }

  /** It took that long. */
  public void took(MeterRegistry meters, Duration time) {
    var name = name().toLowerCase(Locale.ROOT);
    Metric.OBJECTIVES_MEASURED.counter(meters, name).increment();
    // Registered at zero: the first miss is an increase.
    Metric.OBJECTIVES_MISSED.counter(meters, name).increment(time.compareTo(within) > 0 ? 1 : 0);
  }
}
