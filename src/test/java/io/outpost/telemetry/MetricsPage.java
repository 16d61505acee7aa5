package io.outpost.telemetry;

import java.nio.file.Path;

/** Makes {@code docs/metrics.md} from the catalogue. Stateless. */
final class MetricsPage {

  static final Path FILE = Path.of("docs/metrics.md");

  private MetricsPage() {}

  static String text() {
    var page = new StringBuilder();
    page.append(
        """
        # Metrics

        Made from `io.outpost.telemetry.Metric`; `MetricsPageTest` fails when the two differ, and `mvn test -Dtest=MetricsPageTest -Dsurefire.args=-Doutpost.write-docs=true` writes this page anew. By default nothing is sent and no port is open; [operations](operations.md#settings) has the settings. Names are OpenTelemetry's; Prometheus shows them with `_` for `.`, with a timer's unit and with `_total` behind a counter. Timers are in seconds and have a bucket for each bound that an objective looks at. No label holds a tenant, a job, a key or a caller's text.

        The column *promises* has the numbers of [promises](promises.md). Beside these there are the libraries' own: `process.start.time` and `process.uptime`, `application.ready.time`, `jvm.*`, `system.*`, `tomcat.*`, `camel.*` by route. A gauge has no value where nothing was measured for ten minutes.

        | metric | type | labels | promises | what |
        | --- | --- | --- | --- | --- |
        """);
    for (var metric : Metric.values()) {
      page.append(
          "| `%s` | %s | %s | %s | %s |%n"
              .formatted(
                  metric.id(),
                  metric.type(),
                  metric.labels().isEmpty() ? "" : "`" + String.join("`, `", metric.labels()) + "`",
                  metric.promises(),
                  metric.text()));
    }
    return page.toString();
  }
}
