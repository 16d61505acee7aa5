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
   * Drops the label with the name of Camel's context. It is the same everywhere, and a route cannot
   * count one of our metrics with it: a metric's labels must always be the same.
   */
  @Bean
  static MeterFilter withoutCamelsName() {
    return MeterFilter.ignoreTags("camelContext");
  }

  /**
   * Registers counters with 0 at the start. Otherwise the first event would create a counter with
   * 1, in which an alarm sees no increase.
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
