package io.outpost.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.outpost.kernel.Ids;
import io.outpost.local.stripe.SettableClock;
import io.outpost.telemetry.Metric;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** An entry's lag is the time from its timestamp until it is stored, by the given clock. */
class AuditLagTest {

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final SettableClock clock = new SettableClock("2026-11-30T12:00:00Z");
  private final AuditLag lag = new AuditLag(meters, clock);

  @Test
  void anEntryLagsAsLongAsItTakes() {
    var entry =
        AuditEntry.own(
            Ids.uuid(),
            clock.instant(),
            AuditAction.ROUTES_RELOADED,
            "/jobs/1",
            AuditEntry.Outcome.allowed,
            Map.of());
    clock.advance(Duration.ofSeconds(60));
    lag.written(List.of(entry), "table");
    assertThat(missed()).isZero();
    clock.advance(Duration.ofSeconds(1));
    lag.written(List.of(entry), "table");
    lag.written(List.of(entry), "archive");
    assertThat(missed()).isOne();
    assertThat(seconds("table")).isEqualTo(121);
    assertThat(seconds("archive")).isEqualTo(61);
  }

  private double missed() {
    return meters.get(Metric.OBJECTIVES_MISSED.id()).tag("objective", "audit").counter().count();
  }

  private double seconds(String to) {
    return meters.get(Metric.AUDIT_LAG.id()).tag("to", to).timer().totalTime(TimeUnit.SECONDS);
  }
}
