package io.outpost.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.springframework.core.io.ClassPathResource;

/** Camel gets each operation with its media types, and no schema of the contract. */
class ContractFrameTest {

  @Test
  void hasEveryOperationWithItsMediaTypes() throws IOException {
    var contract = ContractFile.read(new ClassPathResource("openapi/outpost.yaml"), null);
    var frame = ContractConfiguration.frame(contract);
    assertThat(operations(frame)).isEqualTo(operations(contract)).hasSizeGreaterThan(50);
    assertThat(frame.has("components")).isFalse();
    assertThat(frame.toString()).doesNotContain("$ref", "properties");
  }

  @Test
  void aLinkToAnotherFileHasNoMediaTypes() throws IOException {
    var contract = ContractFile.read(new ClassPathResource("openapi/outpost.yaml"), null);
    contract
        .withObject("/paths/~1x/get")
        .put("operationId", "getX")
        .putObject("responses")
        .putObject("200")
        .put("$ref", "answers.yaml#/x");
    assertThat(ContractConfiguration.frame(contract).at("/paths/~1x/get").toString())
        .isEqualTo("{\"operationId\":\"getX\",\"responses\":{\"200\":{\"description\":\"\"}}}");
  }

  /** The media types of each operation. */
  private static TreeMap<String, String> operations(JsonNode document) {
    var operations = new TreeMap<String, String>();
    for (var path : document.get("paths").properties()) {
      for (var field : path.getValue().properties()) {
        if (Contract.METHODS.contains(field.getKey())) {
          var operation = field.getValue();
          var types = new StringBuilder(types(operation.path("requestBody"), document));
          for (var response : operation.path("responses").properties()) {
            types.append(response.getKey()).append(types(response.getValue(), document));
          }
          operations.put(
              field.getKey() + " " + path.getKey(), operation.get("operationId") + " " + types);
        }
      }
    }
    return operations;
  }

  private static String types(JsonNode node, JsonNode document) {
    var link = node.path("$ref").asText();
    var types = new TreeSet<String>();
    (link.isEmpty() ? node : document.at(link.substring(1)))
        .path("content")
        .fieldNames()
        .forEachRemaining(types::add);
    return types.toString();
  }
}
