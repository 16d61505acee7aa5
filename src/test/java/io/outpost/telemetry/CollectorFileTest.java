package io.outpost.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The configuration of the collector in docker/compose.yaml defines every part that its pipelines
 * name; an undefined one keeps the collector from starting. Terraform's collector is checked in
 * terraform/modules/ecs/tests.
 */
class CollectorFileTest {

  private static final Path FOLDER = Path.of("docker");
  private JsonNode collector;
  private JsonNode compose;

  @BeforeEach
  void read() throws IOException {
    var yaml = new YAMLMapper();
    collector = yaml.readTree(FOLDER.resolve("telemetry/collector.yaml").toFile());
    compose = yaml.readTree(FOLDER.resolve("compose.yaml").toFile());
  }

  @Test
  void pipelinesAreMadeOfWhatIsDefinedAndNothingIsLeftOver() {
    for (var kind : new String[] {"receivers", "processors", "exporters"}) {
      var used = new TreeSet<String>();
      for (var pipeline : collector.at("/service/pipelines")) {
        pipeline.get(kind).forEach(name -> used.add(name.asText()));
      }
      assertThat(used).as(kind).containsExactlyInAnyOrderElementsOf(names(collector.get(kind)));
    }
    assertThat(names(collector.at("/service/pipelines")))
        .containsExactlyInAnyOrder("traces", "metrics", "logs");
  }

  /** No panel shows metrics that agents could send. */
  @Test
  void metricsThatAreSentGoNowhere() {
    assertThat(collector.at("/service/pipelines/metrics/exporters")).hasSize(1);
    assertThat(collector.at("/service/pipelines/metrics/exporters/0").asText()).isEqualTo("debug");
  }

  @Test
  void whatWatchesComesAgain() {
    assertThat(services().filter(service -> service.has("profiles")))
        .hasSize(4)
        .allSatisfy(
            service -> assertThat(service.path("restart").asText()).isEqualTo("on-failure"));
  }

  private Stream<JsonNode> services() {
    return compose.get("services").valueStream();
  }

  private static Iterable<String> names(JsonNode fields) {
    var names = new TreeSet<String>();
    fields.fieldNames().forEachRemaining(names::add);
    return names;
  }
}
