package io.outpost.telemetry;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import org.springframework.mock.env.MockEnvironment;

/** Telemetry that nobody hears, for tests of other things. */
public final class SilentTelemetry {

  private SilentTelemetry() {}

  /** Makes no span. */
  public static Tracing tracing() {
    return new Tracing(new Collector("", "", "here", new MockEnvironment()), 0);
  }

  /** Counts for itself. */
  public static HttpCalls calls() {
    return new HttpCalls(new SimpleMeterRegistry(), tracing());
  }

  /** The same. */
  public static QueueAges ages() {
    return new QueueAges(new SimpleMeterRegistry(), Clock.systemUTC());
  }
}
