package io.outpost.audit;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.outpost.telemetry.Metric;
import org.springframework.stereotype.Component;

/** Measures how many audit batches wait in the spool. Stateless. */
@Component
class AuditMetrics implements MeterBinder {

  private final AuditSpool spool;

  AuditMetrics(AuditSpool spool) {
    this.spool = spool;
  }

  @Override
  public void bindTo(MeterRegistry meters) {
    Metric.SPOOL.gauge(meters, spool::size);
    Metric.SPOOL_BYTES.gauge(meters, spool::bytes);
  }
}
