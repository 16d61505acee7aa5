package io.outpost.http;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.Resource;

/**
 * Reads the contract, and adds the operations in {@code contract.yaml} of a mounted folder: {@code
 * paths}, and the {@code components} that they need. Stateless.
 */
public final class ContractFile {

  /** The name of the file in the mounted folder. */
  public static final String ADDITION = "contract.yaml";

  private static final ObjectMapper YAML =
      YAMLMapper.builder().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION).build();

  private static final Set<String> METHODS = Set.of("get", "post", "put", "patch", "delete");

  /**
   * The pattern of the interception in admission.camel.yaml. An operation whose name does not match
   * it would bypass admission.
   */
  static final Pattern ADMITTED = Pattern.compile("[a-zA-Z]+");

  private ContractFile() {}

  /**
   * The whole document.
   *
   * @param ours the product's own contract
   * @param folder the mounted folder; null when there is none
   * @throws ContractRefused when the addition changes existing parts, or cannot be served
   */
  public static ObjectNode read(Resource ours, @Nullable Path folder) throws IOException {
    ObjectNode document;
    try (var text = ours.getInputStream()) {
      document = tree(text);
    }
    var addition = folder == null ? null : folder.resolve(ADDITION);
    if (addition != null && Files.exists(addition)) {
      var text = Files.readString(addition);
      new Addition(document, text).add();
    }
    return document;
  }

  private static ObjectNode tree(InputStream text) throws IOException {
    return YAML.readTree(text) instanceof ObjectNode tree ? tree : YAML.createObjectNode();
  }

  /** What a folder adds. */
  private record Addition(ObjectNode document, String text) {

    void add() {
      var addition = read();
      for (var field : addition.properties()) {
        if (!List.of("paths", "components").contains(field.getKey())) {
          throw refused(
              field.getKey(),
              "holds `" + field.getKey() + "`: only paths and components can be added");
        }
        if (!field.getValue().isObject()) {
          throw refused(field.getKey(), "`" + field.getKey() + "` has no fields");
        }
      }
      checkOperations(addition.path("paths"));
      merge(document.withObject("/paths"), addition.path("paths"), "paths");
      for (var kind : addition.path("components").properties()) {
        merge(
            document.withObject("/components/" + kind.getKey()),
            kind.getValue(),
            "components/" + kind.getKey());
      }
      for (var link : addition.findValuesAsText("$ref")) {
        if (!link.startsWith("#/") || document.at(link.substring(1)).isMissingNode()) {
          throw refused(link, "there is no `" + link + "` in the contract");
        }
      }
    }

    private ObjectNode read() {
      try {
        if (YAML.readTree(text) instanceof ObjectNode tree) {
          return tree;
        }
        throw refused("", "adds nothing: write `paths`, or remove the file");
      } catch (JsonProcessingException e) {
        var line = e.getLocation() == null ? 1 : Math.max(1, e.getLocation().getLineNr());
        var problem = e.getOriginalMessage().lines().findFirst().orElse("");
        throw new ContractRefused(line, "is no YAML: " + problem);
      }
    }

    private void checkOperations(JsonNode paths) {
      var known = new HashSet<>(document.get("paths").findValuesAsText("operationId"));
      for (var path : paths.properties()) {
        for (var field : path.getValue().properties()) {
          if (METHODS.contains(field.getKey())) {
            var id = field.getValue().path("operationId").asText();
            if (id.isEmpty()) {
              throw refused(
                  path.getKey(), field.getKey() + " " + path.getKey() + " has no operationId");
            }
            if (!ADMITTED.matcher(id).matches()) {
              throw refused(
                  id,
                  "the operationId `" + id + "` may hold letters only: admission knows it by them");
            }
            var security = field.getValue().get("security");
            if (security != null && security.isEmpty()) {
              throw refused(
                  id,
                  "the operation `"
                      + id
                      + "` would be open to everyone: name scopes in its security, or [{ bearer: [] }] for any key");
            }
            if (!known.add(id)) {
              throw refused(id, "the operationId `" + id + "` is taken already");
            }
          }
        }
      }
    }

    private void merge(ObjectNode ours, JsonNode more, String at) {
      for (var field : more.properties()) {
        if (ours.has(field.getKey())) {
          throw refused(
              field.getKey(), "%s `%s` is in the contract already".formatted(at, field.getKey()));
        }
        ours.set(field.getKey(), field.getValue());
      }
    }

    /** A refusal that names the line where {@code name} first occurs. */
    private ContractRefused refused(String name, String why) {
      var at = Math.max(0, text.indexOf(name));
      var line = 1 + (int) text.substring(0, at).chars().filter(c -> c == '\n').count();
      return new ContractRefused(line, why);
    }
  }
}
