package io.outpost.telemetry;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import org.springframework.mock.env.MockEnvironment;

/** Telemetry that sends nothing, for tests of other parts. */
public final class SilentTelemetry {

  private SilentTelemetry() {}

  /** Tracing without spans. */
  public static Tracing tracing() {
    return new Tracing(new Collector("", "", "here", new MockEnvironment()), 0);
  }

  /** Metrics of calls in a registry of their own. */
  public static HttpCalls calls() {
    return new HttpCalls(new SimpleMeterRegistry(), tracing());
  }

  /** Metrics of queues in a registry of their own. */
  public static QueueAges ages() {
    return new QueueAges(new SimpleMeterRegistry(), Clock.systemUTC());
  }
}
