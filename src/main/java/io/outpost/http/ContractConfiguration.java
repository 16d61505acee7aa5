package io.outpost.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Gives Camel only the parts of the contract that it uses: operations by path, and media types.
 * Camel's parser copies each schema to each place that names it, at every start, and does not need
 * schemas, because admission checks requests.
 */
@Configuration(proxyBeanMethods = false)
class ContractConfiguration {

  /** Camel finds the document by this name; the ending says that it is JSON. */
  @Bean("contract.json")
  String contractFrame(Contract contract) {
    return frame(contract.document()).toString();
  }

  static ObjectNode frame(JsonNode document) {
    var frame = JsonNodeFactory.instance.objectNode();
    for (var name : new String[] {"openapi", "info", "servers"}) {
      if (document.has(name)) {
        frame.set(name, document.get(name));
      }
    }
    var paths = frame.putObject("paths");
    for (var path : document.get("paths").properties()) {
      var item = paths.putObject(path.getKey());
      for (var operation : path.getValue().properties()) {
        if (Contract.METHODS.contains(operation.getKey())) {
          fill(item.putObject(operation.getKey()), operation.getValue(), document);
        }
      }
    }
    return frame;
  }

  private static void fill(ObjectNode frame, JsonNode operation, JsonNode document) {
    frame.set("operationId", operation.get("operationId"));
    if (operation.has("requestBody")) {
      mediaTypes(frame.putObject("requestBody"), operation.get("requestBody"), document);
    }
    var responses = frame.putObject("responses");
    for (var response : operation.path("responses").properties()) {
      var answer = responses.putObject(response.getKey()).put("description", "");
      mediaTypes(answer, response.getValue(), document);
    }
  }

  private static void mediaTypes(ObjectNode frame, JsonNode node, JsonNode document) {
    var link = node.path("$ref").asText();
    // A link to another file helps readers of the contract. Here it counts as having no media
    // types.
    var whole = link.startsWith("#/") ? document.at(link.substring(1)) : node;
    if (whole.has("content")) {
      var content = frame.putObject("content");
      for (var type : whole.get("content").properties()) {
        content.putObject(type.getKey()).putObject("schema").put("type", "object");
      }
    }
  }
}
