package io.outpost.house;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** The HTTP contract as a tree that a test can extend. */
record OpenApi(ObjectNode tree) {

  private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

  static OpenApi read() throws IOException {
    try (var file = OpenApi.class.getResourceAsStream("/openapi/outpost.yaml")) {
      return new OpenApi((ObjectNode) YAML.readTree(file));
    }
  }

  List<String> operationIds() {
    return tree.get("paths").findValuesAsText("operationId");
  }

  /** Adds {@code GET path}, without a security section unless the caller adds one. */
  ObjectNode addGet(String path, String operationId) {
    var get = ((ObjectNode) tree.get("paths")).putObject(path).putObject("get");
    get.put("operationId", operationId);
    get.putObject("responses").putObject("200").put("description", "Fine.");
    return get;
  }

  Path writeTo(Path folder) throws IOException {
    var file = folder.resolve("openapi.yaml");
    YAML.writeValue(file.toFile(), (JsonNode) tree);
    return file;
  }
}
