package io.outpost.telemetry;

import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Locale;

/**
 * A limit of time that we promise to keep; {@code docs/objectives.md} lists them. Two counters, of
 * all cases and of late ones, serve alarms, because CloudWatch has no histogram buckets. Callers
 * must leave out the time that a customer or an agent can prolong: it must wake nobody. Stateless.
 */
public enum Objective {
  /** From a request to the decision who its caller is. */
  AUTH(Duration.ofMillis(50)),
  /** From a call or transition until its audit entry can be listed. */
  AUDIT(Duration.ofMinutes(1)),
  /** From the time a job may run and a slot is free to the start of its agent. */
  DISPATCH(Duration.ofMillis(200)),
  /**
   * From a job's acceptance to its end, without the agent's run and the waits that are the
   * tenant's.
   */
  END_TO_END(Duration.ofMinutes(1)),
  /** From an event, once its endpoint may be called, to the first attempt to deliver it. */
  WEBHOOKS(Duration.ofMinutes(1));

  private final Duration within;

  Objective(Duration within) {
    this.within = within;
  }

  /** Counts a case that took this long. */
  public void took(MeterRegistry meters, Duration time) {
    count(meters, time.compareTo(within) > 0);
  }

  /** Counts a case as late however long it took, because of a failure on the way. */
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
