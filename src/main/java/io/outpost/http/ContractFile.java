package io.outpost.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.Resource;

/**
 * Reads the contract, with the operations that the folder of somebody's own routes adds to it in a
 * {@code contract.yaml}: {@code paths}, and what they need of {@code components}. Pure.
 */
public final class ContractFile {

  /** The file in the folder. */
  public static final String ADDITION = "contract.yaml";

  private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

  private ContractFile() {}

  /**
   * The whole document.
   *
   * @param ours the contract that is added to
   * @param folder the mounted folder; null when there is none
   * @throws IllegalStateException when the addition changes what is there
   */
  public static ObjectNode read(Resource ours, @Nullable Path folder) throws IOException {
    ObjectNode document;
    try (var text = ours.getInputStream()) {
      document = tree(text);
    }
    var addition = folder == null ? null : folder.resolve(ADDITION);
    if (addition != null && Files.exists(addition)) {
      try (var text = Files.newInputStream(addition)) {
        add(document, tree(text));
      }
    }
    return document;
  }

  private static ObjectNode tree(InputStream text) throws IOException {
    return YAML.readTree(text) instanceof ObjectNode tree ? tree : YAML.createObjectNode();
  }

  private static void add(ObjectNode document, ObjectNode addition) {
    for (var field : addition.properties()) {
      if (!List.of("paths", "components").contains(field.getKey())) {
        throw refused("holds `" + field.getKey() + "`: only paths and components can be added");
      }
    }
    var known = document.get("paths").findValuesAsText("operationId");
    for (var id : addition.path("paths").findValuesAsText("operationId")) {
      if (known.contains(id)) {
        throw refused("the operationId `" + id + "` is taken already");
      }
    }
    merge(document.withObject("/paths"), addition.path("paths"), "paths");
    for (var kind : addition.path("components").properties()) {
      merge(
          document.withObject("/components/" + kind.getKey()),
          kind.getValue(),
          "components/" + kind.getKey());
    }
  }

  private static void merge(ObjectNode ours, JsonNode more, String at) {
    for (var field : more.properties()) {
      if (ours.has(field.getKey())) {
        throw refused("%s `%s` is in the contract already".formatted(at, field.getKey()));
      }
      ours.set(field.getKey(), field.getValue());
    }
  }

  private static IllegalStateException refused(String why) {
    return new IllegalStateException(ADDITION + ":1: " + why);
  }
}
