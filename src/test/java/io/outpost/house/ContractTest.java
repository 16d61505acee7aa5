package io.outpost.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** The contract and the routes name the same operations: neither promises what the other lacks. */
class ContractTest {

  @Test
  void everyOperationHasARouteAndEveryOperationsRouteIsInTheContract() throws IOException {
    var routes =
        RouteFile.allRoutes()
            .map(RouteFile::from)
            .filter(from -> from.matches("direct:[A-Za-z0-9]+"))
            .map(from -> from.substring("direct:".length()))
            .toList();
    assertThat(routes).containsExactlyInAnyOrderElementsOf(OpenApi.read().operationIds());
  }

  /** Admission stands before routes of this form alone. */
  @Test
  void everyOperationsNameHasTheFormThatIsAdmitted() throws IOException {
    assertThat(OpenApi.read().operationIds())
        .doesNotHaveDuplicates()
        .allSatisfy(id -> assertThat(id).matches("[a-z]+([A-Z][a-z]+)*"));
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

  /** A client is told what to send, not which regular expression it missed. */
  @Test
  void everyPatternIsSaidInWords() throws IOException {
    assertThat(OpenApi.read().tree().findParents("pattern"))
        .filteredOn(schema -> schema.get("pattern").isTextual() && !schema.has("format"))
        .allSatisfy(schema -> assertThat(schema.path("x-form").asText()).isNotBlank());
  }
}
