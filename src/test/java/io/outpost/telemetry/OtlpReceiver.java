package io.outpost.telemetry;

import com.google.protobuf.ByteString;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.logs.v1.LogRecord;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.ToDoubleFunction;

/** An OTLP collector in the test's own process, which keeps what it receives. Thread-safe. */
final class OtlpReceiver implements AutoCloseable {

  private final HttpServer http;
  private final Queue<Span> spans = new ConcurrentLinkedQueue<>();
  private final Queue<LogRecord> lines = new ConcurrentLinkedQueue<>();
  private final Queue<String> bytes = new ConcurrentLinkedQueue<>();
  private final Map<String, Set<String>> senders = new ConcurrentHashMap<>();

  /** The largest received value of each metric, by labels. */
  private final Map<String, Map<Map<String, String>, Double>> metrics = new ConcurrentHashMap<>();

  OtlpReceiver() throws IOException {
    http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    take("/v1/traces", this::spans);
    take("/v1/logs", this::lines);
    take("/v1/metrics", this::metrics);
    http.start();
  }

  private interface Reader {
    void read(byte[] body) throws IOException;
  }

  private void take(String path, Reader reader) {
    http.createContext(
        path,
        exchange -> {
          var body = exchange.getRequestBody().readAllBytes();
          senders
              .computeIfAbsent(path, any -> ConcurrentHashMap.newKeySet())
              .add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
          bytes.add(new String(body, StandardCharsets.ISO_8859_1));
          reader.read(body);
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
  }

  private void spans(byte[] body) throws IOException {
    ExportTraceServiceRequest.parseFrom(body).getResourceSpansList().stream()
        .flatMap(resource -> resource.getScopeSpansList().stream())
        .flatMap(scope -> scope.getSpansList().stream())
        .forEach(spans::add);
  }

  private void lines(byte[] body) throws IOException {
    ExportLogsServiceRequest.parseFrom(body).getResourceLogsList().stream()
        .flatMap(resource -> resource.getScopeLogsList().stream())
        .flatMap(scope -> scope.getLogRecordsList().stream())
        .forEach(lines::add);
  }

  private void metrics(byte[] body) throws IOException {
    ExportMetricsServiceRequest.parseFrom(body).getResourceMetricsList().stream()
        .flatMap(resource -> resource.getScopeMetricsList().stream())
        .flatMap(scope -> scope.getMetricsList().stream())
        .forEach(this::note);
  }

  /** Records a metric; of a timer its count. */
  private void note(Metric metric) {
    metric
        .getSum()
        .getDataPointsList()
        .forEach(p -> note(metric, p.getAttributesList(), p.getAsDouble()));
    metric
        .getGauge()
        .getDataPointsList()
        .forEach(p -> note(metric, p.getAttributesList(), p.getAsDouble()));
    metric
        .getHistogram()
        .getDataPointsList()
        .forEach(p -> note(metric, p.getAttributesList(), p.getCount()));
  }

  private void note(Metric metric, List<KeyValue> attributes, double value) {
    var labels = new TreeMap<String, String>();
    attributes.forEach(pair -> labels.put(pair.getKey(), pair.getValue().getStringValue()));
    if (!Double.isNaN(value)) {
      metrics
          .computeIfAbsent(metric.getName(), name -> new ConcurrentHashMap<>())
          .merge(Map.copyOf(labels), value, Math::max);
    }
  }

  /** The tokens of the senders, by path. */
  Map<String, Set<String>> senders() {
    return senders;
  }

  String address() {
    return "http://127.0.0.1:" + http.getAddress().getPort();
  }

  /** The spans of a trace. */
  List<Span> trace(String id) {
    return spans.stream().filter(span -> hex(span.getTraceId()).equals(id)).toList();
  }

  /** The log lines of a trace. */
  List<LogRecord> linesOf(String trace) {
    return lines.stream().filter(line -> hex(line.getTraceId()).equals(trace)).toList();
  }

  /** The largest values of a metric by labels; empty if it was never received. */
  Map<Map<String, String>, Double> values(String metric) {
    return metrics.getOrDefault(metric, Map.of());
  }

  /** The largest value of a metric among label sets that contain the given labels. */
  double most(String metric, String... labels) {
    ToDoubleFunction<Map.Entry<Map<String, String>, Double>> value = Map.Entry::getValue;
    return values(metric).entrySet().stream()
        .filter(entry -> has(entry.getKey(), labels))
        .mapToDouble(value)
        .max()
        .orElse(Double.NaN);
  }

  private static boolean has(Map<String, String> all, String... wanted) {
    for (int i = 0; i < wanted.length; i += 2) {
      if (!wanted[i + 1].equals(all.get(wanted[i]))) {
        return false;
      }
    }
    return true;
  }

  /** All received bodies as text. */
  List<String> raw() {
    return new ArrayList<>(bytes);
  }

  static String hex(ByteString id) {
    return HexFormat.of().formatHex(id.toByteArray());
  }

  @Override
  public void close() {
    http.stop(0);
  }
}
