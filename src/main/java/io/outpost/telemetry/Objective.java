package io.outpost.telemetry;

import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Locale;

/**
 * A time that we hold ourselves to; {@code docs/objectives.md} has them all. Counted here and not
 * read from buckets, as CloudWatch has none. What a customer or an agent can make slow is left out
 * by who measures: it must wake nobody. Stateless.
 */
public enum Objective {
  /** Who calls is known. */
  AUTH(Duration.ofMillis(50)),
  /** A call or transition can be listed in the audit. */
  AUDIT(Duration.ofMinutes(1)),
  /** A job that may run has an agent that runs, once a slot is free. */
  DISPATCH(Duration.ofMillis(200)),
  /** A job has ended: what that takes besides its agent, and what it has to wait for. */
  END_TO_END(Duration.ofMinutes(1)),
  /** An event is on its way to an endpoint that is free to be told. */
  WEBHOOKS(Duration.ofMinutes(1));

  private final Duration within;

  Objective(Duration within) {
    this.within = within;
  }

  /** It took that long. */
  public void took(MeterRegistry meters, Duration time) {
    count(meters, time.compareTo(within) > 0);
  }

  /** However long it took, it went wrong on the way. */
  public void missed(MeterRegistry meters) {
    count(meters, true);
  }

  private void count(MeterRegistry meters, boolean missed) {
    var name = name().toLowerCase(Locale.ROOT).replace('_', '-');
    Metric.OBJECTIVES_MEASURED.counter(meters, name).increment();
    // Registered at zero: the first miss is an increase.
    Metric.OBJECTIVES_MISSED.counter(meters, name).increment(missed ? 1 : 0);
  }
}
