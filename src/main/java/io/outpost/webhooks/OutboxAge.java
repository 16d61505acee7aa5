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
 * Since when events or endpoints have waited for a worker, shown in the worker's readiness and as
 * the gauge {@code outpost.webhooks.late}. Never reports the worker as down. Thread-safe.
 */
@Profile({"worker", "local"})
@Component("outboxAge")
public class OutboxAge implements HealthPart {

  private static final Duration LATE = Duration.ofMinutes(5);

  private volatile Duration age = Duration.ZERO;

  OutboxAge(MeterRegistry meters) {
    meters.gauge("outpost.webhooks.late", this, OutboxAge::seconds);
  }

  /** Records what a sweep has found. */
  public void note(@ExchangeProperty("dueWebhooks") Due due) {
    var oldest = due.oldest();
    age = oldest == null ? Duration.ZERO : Duration.between(oldest, Instant.now());
  }

  /** Whether an event or endpoint has waited too long. */
  public boolean isLate() {
    return age.compareTo(LATE) > 0;
  }

  /** For how many seconds the longest waiting one has waited. */
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
