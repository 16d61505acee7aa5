package io.outpost.telemetry;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.config.MeterFilter;
import java.util.Arrays;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Settings of all metrics. Stateless. */
@Configuration(proxyBeanMethods = false)
class OwnMetrics {

  /**
   * Drops the label with the name of Camel's context, which is the same everywhere. A metric must
   * always have the same labels, so with this one a route could not count a metric of ours.
   */
  @Bean
  static MeterFilter withoutCamelsName() {
    return MeterFilter.ignoreTags("camelContext");
  }

  /**
   * Registers counters with 0 at the start. Otherwise the first event would create a counter with
   * 1, and an alarm would see no increase.
   */
  @Bean
  static MeterBinder countersAtZero() {
    return OwnMetrics::register;
  }

  private static void register(MeterRegistry meters) {
    Arrays.stream(Metric.values())
        .filter(metric -> metric.type() == Metric.Type.counter && metric.labels().isEmpty())
        .forEach(metric -> metric.counter(meters));
  }
}
