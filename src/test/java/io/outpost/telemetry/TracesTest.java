package io.outpost.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.Span;
import io.outpost.blackbox.Client;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * One trace leads from the request through AWS and the queue to the worker and into the agent's
 * process, at a collector of the test's own; nothing in it is secret.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class TracesTest {

  private static final String COMMAND = "say-canary-51c9";
  private static final String PARENT = "0af7651916cd43dd8448eb211c80319c";

  private final EmbeddedAws aws;
  private final Queue<Span> received = new ConcurrentLinkedQueue<>();
  private final StringBuffer bytes = new StringBuffer();

  TracesTest(EmbeddedAws aws) {
    this.aws = aws;
  }

  @Test
  void aJobIsOneTraceThroughApiQueueWorkerAndAgent() throws Exception {
    var collector =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    collector.createContext(
        "/v1/traces",
        exchange -> {
          var body = exchange.getRequestBody().readAllBytes();
          bytes.append(new String(body, java.nio.charset.StandardCharsets.ISO_8859_1));
          ExportTraceServiceRequest.parseFrom(body).getResourceSpansList().stream()
              .flatMap(resource -> resource.getScopeSpansList().stream())
              .flatMap(scope -> scope.getSpansList().stream())
              .forEach(received::add);
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    collector.start();
    var settings = new HashMap<String, Object>();
    settings.put("server.port", 0);
    settings.put("outpost.env", "traces");
    settings.put("OUTPOST_AGENT_CLAUDE_COMMAND", "[\"/bin/sh\",\"-s\"]");
    settings.put(
        "outpost.telemetry.otlp-endpoint", "http://127.0.0.1:" + collector.getAddress().getPort());
    settings.put("outpost.telemetry.traces", "1");
    String output;
    try (var api = LocalOutpost.on(aws.endpoints(), "api", settings);
        var worker = LocalOutpost.on(aws.endpoints(), "worker", settings)) {
      var tenant = Client.of(api.address()).with(api.adminKey()).newTenant("Traces");
      var id =
          tenant
              .json(
                  "POST",
                  "/jobs",
                  "{\"agent\":\"claude\",\"command\":\"echo $TRACEPARENT # %s\"}"
                      .formatted(COMMAND),
                  "traceparent",
                  "00-" + PARENT + "-b7ad6b7169203331-00")
              .text("job_id");
      assertThat(tenant.ended(id).get("status").asText()).isEqualTo("succeeded");
      output = tenant.get("/jobs/" + id + "/output").body();
    } finally {
      collector.stop(0);
    }
    var trace = received.stream().filter(span -> hex(span.getTraceId()).equals(PARENT)).toList();
    var request = named(trace, "POST /jobs");
    var run = named(trace, "run job");
    assertThat(hex(request.getParentSpanId())).isEqualTo("b7ad6b7169203331");
    assertThat(run.getParentSpanId()).isEqualTo(request.getSpanId());
    assertThat(childrenOf(request, trace)).contains("DynamoDb.TransactWriteItems");
    assertThat(childrenOf(run, trace)).contains("DynamoDb.TransactWriteItems", "S3.PutObject");
    assertThat(output).contains("00-" + PARENT + "-" + hex(run.getSpanId()) + "-01");
    assertThat(bytes.toString()).doesNotContain(COMMAND, "op_live_", "op_test_");
  }

  private static Span named(List<Span> trace, String name) {
    assertThat(trace).extracting(Span::getName).contains(name);
    return trace.stream().filter(span -> span.getName().equals(name)).findFirst().orElseThrow();
  }

  private static List<String> childrenOf(Span parent, List<Span> trace) {
    return trace.stream()
        .filter(span -> span.getParentSpanId().equals(parent.getSpanId()))
        .map(Span::getName)
        .toList();
  }

  private static String hex(com.google.protobuf.ByteString id) {
    return HexFormat.of().formatHex(id.toByteArray());
  }
}
