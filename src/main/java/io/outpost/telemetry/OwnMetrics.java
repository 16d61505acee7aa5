package io.outpost.telemetry;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.config.MeterFilter;
import java.util.Arrays;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What holds for all metrics. Stateless. */
@Configuration(proxyBeanMethods = false)
class OwnMetrics {

  /**
   * Camel's name, the same on each of its metrics, would keep steps and routes from counting one.
   */
  @Bean
  static MeterFilter withoutCamelsName() {
    return MeterFilter.ignoreTags("camelContext");
  }

  /**
   * A counter is there before it counts: else its first event is no increase to whoever watches.
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
