package io.outpost.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The catalogue lists every metric of the code, and docs/metrics.md matches it. */
class MetricsPageTest {

  private static final Pattern IN_A_ROUTE =
      Pattern.compile("micrometer:(counter|timer|gauge|summary):([\\w.-]+)(?:\\?tags\\.(\\w+)=)?");
  private static final Pattern IN_JAVA =
      Pattern.compile(
          "(?:counter|timer|gauge|summary|builder)\\(\\s*\"((?:outpost|http)\\.[\\w.]+)\"");

  @Test
  void thePageIsMadeFromTheCatalogue() throws IOException {
    if (Boolean.getBoolean("outpost.write-docs")) {
      Files.writeString(MetricsPage.FILE, MetricsPage.text());
    }
    assertThat(Files.readString(MetricsPage.FILE)).isEqualTo(MetricsPage.text());
  }

  @Test
  void theDashboardIsMadeFromTheCatalogue() throws IOException {
    if (Boolean.getBoolean("outpost.write-docs")) {
      Files.writeString(Dashboard.FILE, Dashboard.text());
    }
    assertThat(Files.readString(Dashboard.FILE)).isEqualTo(Dashboard.text());
  }

  /** Checks the names on the page for Prometheus; {@code SignalsTest} checks its values. */
  @Test
  void prometheusIsAskedWithThePasswordAndAtThePlaceThatComposeSets() throws IOException {
    var compose = Files.readString(Path.of("docker/compose.yaml"));
    var token = "outpost-compose-management-token-0000";
    assertThat(compose).contains("OUTPOST_MANAGEMENT_TOKEN: " + token);
    assertThat(Files.readString(Path.of("docker/telemetry/prometheus.yaml")))
        .contains("credentials: " + token, "\"api:9464\", \"worker:9464\"", "/prometheus");
    try (var files = Files.list(Path.of("docker/telemetry"))) {
      assertThat(files.map(Path::getFileName).map(Path::toString))
          .allSatisfy(name -> assertThat(compose).contains("./telemetry/" + name + ":"));
    }
  }

  @Test
  void whatRoutesCountIsDeclaredWithItsTypeAndLabel() throws IOException {
    var found = new TreeMap<String, String>();
    for (var text : files("src/main/resources/routes", ".yaml")) {
      IN_A_ROUTE
          .matcher(text)
          .results()
          .forEach(
              m ->
                  found.put(m.group(2), m.group(1) + (m.group(3) == null ? "" : " " + m.group(3))));
    }
    assertThat(found).isNotEmpty();
    var declared = new TreeMap<String, String>();
    Arrays.stream(Metric.values())
        .forEach(
            m -> declared.put(m.id(), (m.type() + " " + String.join(",", m.labels())).strip()));
    assertThat(declared).containsAllEntriesOf(found);
  }

  @Test
  void whatStepsCountIsDeclared() throws IOException {
    var names = Arrays.stream(Metric.values()).map(Metric::id).toList();
    for (var text : files("src/main/java", ".java")) {
      assertThat(names).containsAll(IN_JAVA.matcher(text).results().map(m -> m.group(1)).toList());
    }
  }

  @Test
  void everyPromiseThatAMetricWatchesIsMade() throws IOException {
    var promises = Files.readString(Path.of("docs/promises.md"));
    for (var metric : Metric.values()) {
      assertThat(metric.promises().split(", "))
          .as(metric.id())
          .allSatisfy(number -> assertThat(promises).contains("\n| " + number + " | "));
    }
  }

  private static Iterable<String> files(String folder, String end) throws IOException {
    try (var files = Files.walk(Path.of(folder))) {
      var texts = new java.util.ArrayList<String>();
      for (var file : files.filter(f -> f.toString().endsWith(end)).toList()) {
        texts.add(Files.readString(file));
      }
      return texts;
    }
  }
}
