package io.outpost.webhooks;

import io.micrometer.core.instrument.MeterRegistry;
import io.outpost.health.HealthPart;
import io.outpost.webhooks.EventOutbox.Due;
import java.time.Duration;
import java.time.Instant;
import org.apache.camel.ExchangeProperty;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

/**
 * Since when events or endpoints wait for a worker: a line of the worker's readiness and the gauge
 * {@code outpost.webhooks.late}. Nothing is down because of it. Thread-safe.
 */
@Profile({"worker", "local"})
@Component("outboxAge")
public class OutboxAge implements HealthPart {

  private static final Duration LATE = Duration.ofMinutes(5);

  private volatile Duration age = Duration.ZERO;

  OutboxAge(MeterRegistry meters) {
    meters.gauge("outpost.webhooks.late", this, OutboxAge::seconds);
  }

  /** Notes what a sweep has found. */
  public void note(@ExchangeProperty("dueWebhooks") Due due) {
    var oldest = due.oldest();
    age = oldest == null ? Duration.ZERO : Duration.between(oldest, Instant.now());
  }

  /** Whether something has waited for too long. */
  public boolean isLate() {
    return age.compareTo(LATE) > 0;
  }

  /** For how many seconds the first has waited. */
  public long seconds() {
    return age.toSeconds();
  }

  @Override
  public String name() {
    return "webhooks";
  }

  @Override
  public String state() {
    return isLate() ? "ATTENTION: late by " + seconds() + " s" : "UP";
  }

  @Override
  public boolean asksNothing() {
    return true;
  }
}
