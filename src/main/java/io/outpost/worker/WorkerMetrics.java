package io.outpost.worker;

import com.sun.management.OperatingSystemMXBean;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.outpost.telemetry.Metric;
import java.lang.management.ManagementFactory;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

/** Measures how full a worker is. Stateless. */
@Profile({"worker", "local"})
@Component
class WorkerMetrics implements MeterBinder {

  private final AgentRuns runs;
  private final WorkerSettings settings;

  WorkerMetrics(AgentRuns runs, WorkerSettings settings) {
    this.runs = runs;
    this.settings = settings;
  }

  @Override
  public void bindTo(MeterRegistry meters) {
    Metric.SLOTS.gauge(meters, settings::slots);
    Metric.SLOTS_USED.gauge(meters, runs::count);
    Metric.DISK_FREE.gauge(meters, () -> settings.directory().toFile().getUsableSpace());
    // In a container this is the container's memory.
    var system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    Metric.MEMORY_FREE.gauge(meters, system::getFreeMemorySize);
  }
}
