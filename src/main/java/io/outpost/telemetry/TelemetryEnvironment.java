package io.outpost.telemetry;

import java.util.HashMap;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.env.EnvironmentPostProcessor;
import org.springframework.core.Ordered;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.Environment;
import org.springframework.core.env.MapPropertySource;

/**
 * Translates our few settings of metrics and of the management port into the many of Spring Boot. A
 * management port without a token is open to everyone who reaches it. So without a token it is on
 * loopback only, and a worker, whose agents share its loopback, has none. Stateless.
 */
public final class TelemetryEnvironment implements EnvironmentPostProcessor, Ordered {

  /** The default port for Prometheus, the same as in OpenTelemetry. */
  private static final String USUAL_PORT = "9464";

  private static final String PORT = "management.server.port";
  private static final String CLOSED = "-1";
  private static final String TOKEN = "outpost.telemetry.management-token";
  private static final String HEADER = "management.otlp.metrics.export.headers.";
  private static final String RESOURCE = "management.opentelemetry.resource-attributes.";

  /** Runs after the settings files are read and before the logging system starts. */
  @Override
  public int getOrder() {
    return Ordered.LOWEST_PRECEDENCE;
  }

  @Override
  public void postProcessEnvironment(
      ConfigurableEnvironment environment, SpringApplication application) {
    var settings = settings(environment);
    if (!settings.isEmpty()) {
      environment
          .getPropertySources()
          .addFirst(new MapPropertySource("outpost-telemetry", settings));
    }
  }

  static Map<String, Object> settings(Environment environment) {
    var settings = new HashMap<String, Object>();
    var endpoint = Collector.base(environment.getProperty("outpost.telemetry.otlp-endpoint", ""));
    if (!endpoint.isEmpty()) {
      settings.put("management.otlp.metrics.export.enabled", "true");
      settings.put("management.otlp.metrics.export.url", endpoint + "/v1/metrics");
      Collector.headers(environment.getProperty("outpost.telemetry.otlp-token", ""))
          .forEach((name, value) -> settings.put(HEADER + name, value));
      // OpenTelemetry's conventions and Prometheus use seconds; the library's default is
      // milliseconds.
      settings.put("management.otlp.metrics.export.base-time-unit", "seconds");
      // Each container has counters of its own, so each needs a name of its own.
      settings.put(RESOURCE + "service.name", Collector.service(environment));
      settings.put(
          RESOURCE + "service.instance.id", environment.getProperty("outpost.worker.name", ""));
    }
    var port = environment.getProperty(PORT, CLOSED);
    if (environment.getProperty("outpost.telemetry.prometheus", Boolean.class, false)) {
      settings.put("management.prometheus.metrics.export.enabled", "true");
      settings.put("management.endpoints.web.exposure.include", "routes,prometheus");
      if (port.equals(CLOSED)) {
        port = USUAL_PORT;
        settings.put(PORT, port);
      }
    }
    if (!port.equals(CLOSED) && environment.getProperty(TOKEN, "").isBlank()) {
      settings.put("management.server.address", "127.0.0.1");
      if (environment.matchesProfiles("worker")) {
        settings.put(PORT, CLOSED);
      }
    }
    return settings;
  }
}
