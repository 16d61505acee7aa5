package io.outpost.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.micrometer.core.instrument.MeterRegistry;
import io.outpost.blackbox.Client;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A job's way is seen by Prometheus and by an OTLP collector, and no metric names a tenant. */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class MetricsLeaveTest {

  /** Camel's own label, always {@code outpost}. */
  private static final String OF_ROUTES = "camelContext";

  private static final String COMMAND = "say-canary-7f3a";

  private final EmbeddedAws aws;
  private final HttpClient http = HttpClient.newHttpClient();

  MetricsLeaveTest(EmbeddedAws aws) {
    this.aws = aws;
  }

  @Test
  void aJobIsSeenFromOutside() throws Exception {
    Queue<String> received = new ConcurrentLinkedQueue<>();
    var collector =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    collector.createContext(
        "/v1/metrics",
        exchange -> {
          received.add(
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.ISO_8859_1));
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    collector.start();
    var port = freePort();
    Map<String, Object> settings =
        Map.of(
            "outpost.env",
            "signals",
            "outpost.telemetry.otlp-endpoint",
            "http://127.0.0.1:" + collector.getAddress().getPort(),
            "outpost.telemetry.prometheus",
            "true",
            "management.server.port",
            port);
    try {
      try (var outpost = LocalOutpost.on(aws.endpoints(), "local", settings)) {
        var tenant = Client.of(outpost.address()).with(outpost.adminKey()).newTenant("Signals");
        var ended = tenant.ended(tenant.submit("claude", COMMAND));
        assertThat(ended.get("status").asText()).isEqualTo("succeeded");
        var page = URI.create("http://127.0.0.1:%d/prometheus".formatted(port));
        await()
            .atMost(Duration.ofMinutes(2))
            .untilAsserted(
                () ->
                    assertThat(get(page))
                        .contains(
                            "outpost_jobs_transitions_total{lane=\"normal\",transition=\"submitted\"} 1.0")
                        .contains("transition=\"claimed\"")
                        .contains("outpost_jobs_duration_seconds_count")
                        .contains("outpost_audit_spool_batches")
                        .contains("outpost_operation=\"submitJob\"")
                        .contains("outpost_auth_duration_seconds_bucket")
                        .doesNotContain(COMMAND));
        assertThat(get(page.resolve("/env"))).doesNotContain("systemProperties");
        everyMeterOfOursIsDeclared(outpost.context().getBean(MeterRegistry.class));
      }
      assertThat(String.join("", received))
          .contains(
              "outpost.jobs.transitions", "http.server.request.duration", "outpost.auth.duration")
          .doesNotContain(COMMAND);
    } finally {
      collector.stop(0);
    }
  }

  private static void everyMeterOfOursIsDeclared(MeterRegistry meters) {
    var declared =
        Arrays.stream(Metric.values()).collect(Collectors.toMap(Metric::id, Metric::labels));
    for (var meter : meters.getMeters()) {
      var id = meter.getId();
      if (id.getName().startsWith("outpost.")
          || id.getName().equals("http.server.request.duration")) {
        assertThat(declared).containsKey(id.getName());
        assertThat(
                id.getTags().stream()
                    .map(tag -> tag.getKey())
                    .filter(key -> !key.equals(OF_ROUTES)))
            .as(id.getName())
            .containsExactlyInAnyOrderElementsOf(declared.get(id.getName()));
      }
      assertThat(id.getTags())
          .as(id.getName())
          .noneMatch(
              tag ->
                  tag.getValue()
                      .matches("(?s).*([0-9A-HJKMNP-TV-Z]{26}|[0-9a-f]{8}-[0-9a-f]{4}-).*"));
    }
  }

  private String get(URI page) throws Exception {
    return http.send(HttpRequest.newBuilder(page).build(), BodyHandlers.ofString()).body();
  }

  private static int freePort() throws Exception {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
