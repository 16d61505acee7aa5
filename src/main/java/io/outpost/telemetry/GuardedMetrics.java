package io.outpost.telemetry;

import io.micrometer.core.ipc.http.HttpUrlConnectionSender;
import io.micrometer.registry.otlp.OtlpHttpMetricsSender;
import io.micrometer.registry.otlp.OtlpMetricsSender;
import org.springframework.stereotype.Component;

/**
 * Sends metrics, except while an agent listens at the collector's port. No data is lost: metrics
 * are totals, so the next export includes what was skipped. Stateless.
 */
@Component
final class GuardedMetrics implements OtlpMetricsSender {

  private final OtlpMetricsSender sender = new OtlpHttpMetricsSender(new HttpUrlConnectionSender());
  private final CollectorPort port;

  GuardedMetrics(Collector collector) {
    this.port = collector.port();
  }

  @Override
  public void send(Request request) throws Exception {
    if (port.isSafe()) {
      sender.send(request);
    }
  }
}
