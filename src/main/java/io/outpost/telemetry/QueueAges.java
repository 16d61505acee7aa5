package io.outpost.telemetry;

import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Measures how long messages waited in their queue before they were received. Stateless. */
@Component
public class QueueAges {

  /** The SQS attribute with the time of sending, and Camel's header with its value. */
  public static final String SENT = "SentTimestamp";

  private final MeterRegistry meters;
  private final Clock clock;

  QueueAges(MeterRegistry meters, Clock clock) {
    this.meters = meters;
    this.clock = clock;
  }

  /**
   * Records that a message was received.
   *
   * @param queue its logical name
   * @param sent when it was sent, in milliseconds since 1970; null when the receiver did not ask
   *     SQS for it
   */
  public void received(String queue, @Nullable String sent) {
    if (sent != null) {
      var age = Math.max(0, clock.millis() - Long.parseLong(sent));
      Metric.QUEUE_AGE.timer(meters, queue).record(age, TimeUnit.MILLISECONDS);
    }
  }
}
