package io.outpost.telemetry;

import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Locale;

/**
 * A service-level objective: a time limit that we promise to keep, listed in {@code
 * docs/objectives.md}. Alarms use two counters, of all cases and of late ones, because CloudWatch
 * has no histogram buckets. Callers must leave out time that a customer or an agent can prolong, so
 * that no such delay raises an alarm. Stateless.
 */
public enum Objective {
  /** From a request to the decision who its caller is. */
  AUTH(Duration.ofMillis(50)),
  /** From a call or transition until its audit entry can be read. */
  AUDIT(Duration.ofMinutes(1)),
  /** From the time a job may run and a slot is free to the start of its agent. */
  DISPATCH(Duration.ofMillis(200)),
  /**
   * From a job's acceptance to its end, without the agent's run and the waits that the tenant
   * causes.
   */
  END_TO_END(Duration.ofMinutes(1)),
  /** From an event, when its endpoint may be called, to the first attempt at delivery. */
  WEBHOOKS(Duration.ofMinutes(1));

  private final Duration within;

  Objective(Duration within) {
    this.within = within;
  }

  /** Counts a case that took this long. */
  public void took(MeterRegistry meters, Duration time) {
    count(meters, time.compareTo(within) > 0);
  }

  /** Counts a case as late, whatever time it took, because a failure occurred on the way. */
  public void missed(MeterRegistry meters) {
    count(meters, true);
  }

  private void count(MeterRegistry meters, boolean missed) {
    var name = name().toLowerCase(Locale.ROOT).replace('_', '-');
    Metric.OBJECTIVES_MEASURED.counter(meters, name).increment();
    // Adding 0 registers the counter, so that an alarm sees the first miss as an increase.
    Metric.OBJECTIVES_MISSED.counter(meters, name).increment(missed ? 1 : 0);
  }
}
