package io.outpost.audit;

import io.micrometer.core.instrument.MeterRegistry;
import io.outpost.telemetry.Metric;
import io.outpost.telemetry.Objective;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.springframework.stereotype.Component;

/** Measures the time from an action to the storage of its entry. Stateless. */
@Component
class AuditLag {

  private final MeterRegistry meters;
  private final Clock clock;

  AuditLag(MeterRegistry meters, Clock clock) {
    this.meters = meters;
    this.clock = clock;
  }

  /**
   * Records that entries are stored.
   *
   * @param to {@code table} or {@code archive}
   */
  void written(List<AuditEntry> entries, String to) {
    var now = clock.instant();
    var timer = Metric.AUDIT_LAG.timer(meters, to);
    for (var entry : entries) {
      var took = Duration.between(entry.timestamp(), now);
      timer.record(took);
      if (to.equals("table")) {
        Objective.AUDIT.took(meters, took);
      }
    }
  }
}
