package io.outpost.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.outpost.local.stripe.SettableClock;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A message's age is counted from the time of its sending, by a given clock. */
class QueueAgesTest {

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final SettableClock clock = new SettableClock("2026-11-30T12:00:07Z");
  private final QueueAges ages = new QueueAges(meters, clock);

  @Test
  void aMessageIsAsOldAsItWasSentLongAgo() {
    var sent = clock.millis() - 7_000;
    ages.received("audit", Long.toString(sent));
    ages.received("audit", null);
    var timer = meters.get(Metric.QUEUE_AGE.id()).tag("queue", "audit").timer();
    assertThat(timer.count()).isOne();
    assertThat(timer.totalTime(TimeUnit.SECONDS)).isEqualTo(7);
  }

  /** The sender's clock may be ahead. */
  @Test
  void noneIsFromTheFuture() {
    ages.received("audit", Long.toString(clock.millis() + 60_000));
    var timer = meters.get(Metric.QUEUE_AGE.id()).tag("queue", "audit").timer();
    assertThat(timer.totalTime(TimeUnit.SECONDS)).isZero();
    assertThat(timer.count()).isOne();
  }
}
