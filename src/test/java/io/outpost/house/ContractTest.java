package io.outpost.house;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.dialect.Dialects;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * The contract and the routes name the same operations, so neither has one that the other lacks.
 */
class ContractTest {

  private static final String DOCUMENT = "https://outpost.invalid/document";

  @Test
  void everyOperationHasARouteAndEveryOperationsRouteIsInTheContract() throws IOException {
    var routes =
        RouteFile.allRoutes()
            .map(RouteFile::from)
            .filter(from -> from.matches("direct:[A-Za-z0-9]+"))
            .filter(from -> !from.equals("direct:refuse")) // refusals by rules of an installation
            .map(from -> from.substring("direct:".length()))
            .toList();
    assertThat(routes).containsExactlyInAnyOrderElementsOf(OpenApi.read().operationIds());
  }

  /** Admission runs only before routes whose names have this form. */
  @Test
  void everyOperationsNameHasTheFormThatIsAdmitted() throws IOException {
    assertThat(OpenApi.read().operationIds())
        .doesNotHaveDuplicates()
        .allSatisfy(id -> assertThat(id).matches("[a-z]+([A-Z][a-z]+)*"));
  }

  /** The page at /docs shows these examples, and sends them when a reader tries an operation. */
  @Test
  void everyRequestAndAnswerHasAnExampleThatFits() throws IOException {
    var document = OpenApi.read().tree();
    var schemas =
        SchemaRegistry.withDefaultDialect(
            Dialects.getDraft202012(), b -> b.schemas(Map.of(DOCUMENT, document.toString())));
    var contents = document.findValues("content").stream().flatMap(JsonNode::valueStream).toList();
    assertThat(contents).hasSizeGreaterThan(50);
    for (var content : contents) {
      var schema = content.get("schema");
      var shown =
          schema.has("$ref") ? document.at(schema.get("$ref").asText().substring(1)) : schema;
      var example = content.has("example") ? content.get("example") : shown.at("/examples/0");
      assertThat(example.isMissingNode()).as(content.toString()).isFalse();
      if (schema.has("$ref")) {
        var location = SchemaLocation.of(DOCUMENT + schema.get("$ref").asText());
        assertThat(schemas.getSchema(location).validate(example)).as(schema.toString()).isEmpty();
      }
    }
  }

  @Test
  void everyOperationSaysWhatItIsForAndHowItAnswers() throws IOException {
    for (var path : OpenApi.read().tree().get("paths")) {
      assertThat(path.valueStream().filter(node -> node.has("operationId")))
          .allSatisfy(
              operation -> {
                assertThat(operation.path("summary").asText()).isNotBlank();
                assertThat(operation.path("tags")).hasSize(1);
                assertThat(operation.path("responses")).isNotEmpty();
              });
    }
  }

  /** An error message tells a client what to send, not which regular expression it missed. */
  @Test
  void everyPatternIsSaidInWords() throws IOException {
    assertThat(OpenApi.read().tree().findParents("pattern"))
        .filteredOn(schema -> schema.get("pattern").isTextual() && !schema.has("format"))
        .allSatisfy(schema -> assertThat(schema.path("x-form").asText()).isNotBlank());
  }
}
