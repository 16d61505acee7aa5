package io.outpost.telemetry;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Makes Grafana's dashboard from the catalogue: a row for each promise. Stateless. */
final class Dashboard {

  static final Path FILE = Path.of("docker/telemetry/dashboards/promises.json");

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
  private static final int WIDTH = 12;
  private static final int HEIGHT = 8;

  private Dashboard() {}

  static String text() throws IOException {
    var panels = new ArrayList<Map<String, Object>>();
    var y = 0;
    for (var promise : byPromise().entrySet()) {
      panels.add(
          object(
              "type",
              "row",
              "title",
              promise.getKey() + ": " + promised(promise.getKey()),
              "collapsed",
              false,
              "gridPos",
              place(0, y, 24, 1)));
      y++;
      for (int i = 0; i < promise.getValue().size(); i++) {
        var at = place(WIDTH * (i % 2), y + HEIGHT * (i / 2), WIDTH, HEIGHT);
        panels.add(panel(promise.getValue().get(i), at));
      }
      y += HEIGHT * ((promise.getValue().size() + 1) / 2);
    }
    for (int i = 0; i < panels.size(); i++) {
      panels.get(i).put("id", i + 1);
    }
    return JSON.writeValueAsString(
            object(
                "uid",
                "outpost-promises",
                "title",
                "Outpost: every promise",
                "schemaVersion",
                39,
                "refresh",
                "30s",
                "time",
                object("from", "now-1h", "to", "now"),
                "panels",
                panels))
        + "\n";
  }

  private static Map<Integer, List<Metric>> byPromise() {
    var promises = new TreeMap<Integer, List<Metric>>();
    for (var metric : Metric.values()) {
      Arrays.stream(metric.promises().split(", "))
          .map(Integer::valueOf)
          .forEach(n -> promises.computeIfAbsent(n, none -> new ArrayList<>()).add(metric));
    }
    return promises;
  }

  private static String promised(int number) throws IOException {
    return Files.readAllLines(Path.of("docs/promises.md")).stream()
        .filter(line -> line.startsWith("| " + number + " | "))
        .map(line -> line.split(" \\| ")[1])
        .findFirst()
        .orElseThrow();
  }

  private static Map<String, Object> panel(Metric metric, Map<String, Object> at) {
    var timer = metric.type() == Metric.Type.timer;
    return object(
        "type", "timeseries",
        "title", metric.id() + (timer ? " (p99)" : ""),
        "description", metric.text(),
        "datasource", object("type", "prometheus", "uid", "prometheus"),
        "fieldConfig", object("defaults", object("unit", timer ? "s" : "short")),
        "targets", List.of(object("refId", "A", "expr", expression(metric))),
        "gridPos", at);
  }

  /** The query for Prometheus, with the names of the product's own page. */
  static String expression(Metric metric) {
    var name = metric.id().replace('.', '_');
    var by =
        metric.labels().isEmpty()
            ? ""
            : metric.labels().stream()
                .map(label -> label.replace('.', '_'))
                .collect(Collectors.joining(", ", " by (", ")"));
    return switch (metric.type()) {
      case counter -> "sum%s (rate(%s_total[5m]))".formatted(by, name);
      case gauge -> "max%s (%s)".formatted(by, name);
      case timer ->
          "histogram_quantile(0.99, sum%s (rate(%s_seconds_bucket[5m])))"
              .formatted(by.isEmpty() ? " by (le)" : by.replace(")", ", le)"), name);
    };
  }

  private static Map<String, Object> place(int x, int y, int width, int height) {
    return object("x", x, "y", y, "w", width, "h", height);
  }

  private static Map<String, Object> object(Object... namesAndValues) {
    var object = new LinkedHashMap<String, Object>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      object.put((String) namesAndValues[i], namesAndValues[i + 1]);
    }
    return object;
  }
}
