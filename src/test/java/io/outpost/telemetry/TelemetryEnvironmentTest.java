package io.outpost.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.mock.env.MockEnvironment;

/**
 * Without settings no telemetry is sent, and a management port without a token listens only on
 * loopback.
 */
class TelemetryEnvironmentTest {

  private final MockEnvironment environment = new MockEnvironment();

  @Test
  void nothingSetChangesNothing() {
    assertThat(TelemetryEnvironment.settings(environment)).isEmpty();
  }

  @Test
  void aPortAloneIsOnLoopbackAndShowsNoMetrics() {
    environment.setProperty("management.server.port", "9000");
    environment.setProperty("management.server.address", "0.0.0.0");
    assertThat(TelemetryEnvironment.settings(environment))
        .containsExactly(Map.entry("management.server.address", "127.0.0.1"));
  }

  @Test
  void prometheusReadsOnLoopbackAloneWhateverElseIsSet() {
    environment.setProperty("outpost.telemetry.prometheus", "true");
    environment.setProperty("management.server.address", "0.0.0.0");
    environment.setProperty("management.endpoints.web.exposure.include", "*");
    assertThat(TelemetryEnvironment.settings(environment))
        .containsEntry("management.server.address", "127.0.0.1")
        .containsEntry("management.endpoints.web.exposure.include", "routes,prometheus")
        .containsEntry("management.server.port", "9464");
    environment.setProperty("management.server.port", "9000");
    assertThat(TelemetryEnvironment.settings(environment))
        .doesNotContainKey("management.server.port");
  }

  @Test
  void aPortThatAsksForATokenMayBeAnywhere() {
    environment.setActiveProfiles("worker");
    environment.setProperty("outpost.telemetry.prometheus", "true");
    environment.setProperty("outpost.telemetry.management-token", "a".repeat(32));
    assertThat(TelemetryEnvironment.settings(environment))
        .containsEntry("management.server.port", "9464")
        .doesNotContainKey("management.server.address");
  }

  @Test
  void aWorkerHasNoPortThatItsAgentsCouldRead() {
    environment.setActiveProfiles("worker");
    environment.setProperty("management.server.port", "9000");
    environment.setProperty("outpost.telemetry.prometheus", "true");
    assertThat(TelemetryEnvironment.settings(environment))
        .containsEntry("management.server.port", "-1");
  }

  @Test
  void aCollectorIsShownTheTokenThatIsSet() {
    environment.setProperty("outpost.telemetry.otlp-endpoint", "http://localhost:4318");
    assertThat(TelemetryEnvironment.settings(environment))
        .doesNotContainKey("management.otlp.metrics.export.headers.Authorization");
    environment.setProperty("outpost.telemetry.otlp-token", "t0k3n");
    assertThat(TelemetryEnvironment.settings(environment))
        .containsEntry("management.otlp.metrics.export.headers.Authorization", "Bearer t0k3n");
  }

  @Test
  void aCollectorsAddressMayEndInASlash() {
    for (var endpoint : new String[] {"http://localhost:4318", "http://localhost:4318/"}) {
      environment.setProperty("outpost.telemetry.otlp-endpoint", endpoint);
      assertThat(TelemetryEnvironment.settings(environment))
          .containsEntry("management.otlp.metrics.export.url", "http://localhost:4318/v1/metrics")
          .containsEntry("management.otlp.metrics.export.base-time-unit", "seconds");
    }
  }
}
