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
 * Turns our few settings into the many of the libraries: where metrics are sent, and the management
 * port, which answers on loopback only as it asks nobody who they are. Stateless.
 */
public final class TelemetryEnvironment implements EnvironmentPostProcessor, Ordered {

  /** OpenTelemetry's port for Prometheus, where none is set. */
  private static final String USUAL_PORT = "9464";

  private static final String PORT = "management.server.port";
  private static final String CLOSED = "-1";

  /** Behind the files with settings, before the logging system starts. */
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
    var endpoint = environment.getProperty("outpost.telemetry.otlp-endpoint", "").strip();
    if (!endpoint.isEmpty()) {
      var base = endpoint.endsWith("/") ? endpoint.substring(0, endpoint.length() - 1) : endpoint;
      settings.put("management.otlp.metrics.export.enabled", "true");
      settings.put("management.otlp.metrics.export.url", base + "/v1/metrics");
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
    if (!port.equals(CLOSED)) {
      settings.put("management.server.address", "127.0.0.1");
    }
    return settings;
  }
}
