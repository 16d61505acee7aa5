package io.outpost.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.dialect.Dialect;
import com.networknt.schema.dialect.Dialects;
import com.networknt.schema.path.NodePath;
import io.outpost.kernel.Lanes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.core.io.Resource;
import org.springframework.stereotype.Component;

/**
 * The OpenAPI document, read once: operations with their scopes, and compiled schemas. The names of
 * agents come from the catalogue, so that a new agent needs no edit here. Thread-safe.
 */
@Component
public class Contract {

  /** The media type of an event stream. */
  static final String EVENT_STREAM = "text/event-stream";

  private static final String BASE = "https://outpost.invalid/openapi";
  private static final String BODY_LIMIT = "x-body-limit";

  /** The schema for a POST that has no body in the contract: an empty object. */
  private static final String NO_FIELDS = "{\"type\":\"object\",\"additionalProperties\":false}";

  private static final String ENTRIES_APART = "x-entries-apart";
  static final Set<String> METHODS = Set.of("get", "post", "put", "patch", "delete");

  private final JsonNode document;
  private final SchemaRegistry schemas;
  private final Map<String, Operation> operations = new LinkedHashMap<>();

  Contract(
      @Value("${outpost.contract}") Resource file,
      @Value("${outpost.routes:}") String routes,
      @Value("${outpost.worker.lanes}") String lanes,
      AgentNames agents)
      throws IOException {
    document = ContractFile.read(file, routes.isBlank() ? null : Path.of(routes));
    var names = ((ObjectNode) document.at("/components/schemas/AgentName")).putArray("enum");
    agents.names().forEach(names::add);
    if (document.at("/components/schemas/Priority/enum") instanceof ArrayNode priorities) {
      Lanes.of(lanes).stream()
          .filter(lane -> !priorities.toString().contains("\"" + lane + "\""))
          .forEach(priorities::add);
    }
    var dialect =
        Dialect.builder(Dialects.getDraft202012())
            .keyword(new PatternWithinLength())
            .formats(TextForm.ALL)
            .build();
    schemas =
        SchemaRegistry.withDefaultDialect(
            dialect, b -> b.schemas(Map.of(BASE, document.toString())));
    document.get("paths").properties().forEach(path -> readPath(path.getKey(), path.getValue()));
  }

  /** The part of the agent catalogue that the contract needs. */
  public interface AgentNames {
    /** The names of the agents. */
    List<String> names();
  }

  /** The whole document, as served. */
  public JsonNode document() {
    return document;
  }

  /** What a pattern allows, in words: the text {@code x-form} beside it. */
  String form(SchemaLocation pattern) {
    var path = pattern.getFragment();
    var node = document;
    for (int i = 0; i < path.getNameCount() - 1; i++) {
      node = path.getElement(i) instanceof Integer n ? node.path(n) : node.path(name(path, i));
    }
    return node.path("x-form").asText();
  }

  /** One name of a JSON pointer (RFC 6901), unescaped. */
  private static String name(NodePath path, int i) {
    return path.getElement(i).toString().replace("~1", "/").replace("~0", "~");
  }

  /** All operations, in the order of the document. */
  public Iterable<Operation> operations() {
    return operations.values();
  }

  /** The methods of the operations that a path has, in the order of the document. */
  public List<String> methodsAt(String path) {
    var template = templateOf(path);
    return operations.values().stream()
        .filter(operation -> operation.path().equals(template))
        .map(Operation::method)
        .toList();
  }

  /** The maximum size of a body in bytes, unless the operation sets its own. */
  int bodyLimit() {
    return document.path(BODY_LIMIT).asInt();
  }

  /** The operation of a method at a path as sent. */
  Optional<Operation> at(String method, String path) {
    var template = templateOf(path);
    for (var operation : operations.values()) {
      if (operation.method().equals(method) && operation.path().equals(template)) {
        return Optional.of(operation);
      }
    }
    return Optional.empty();
  }

  /**
   * The document's path that matches a path as sent. A path without parameters wins over one with
   * parameters.
   */
  private @Nullable String templateOf(String path) {
    String template = null;
    for (var operation : operations.values()) {
      if (operation.path().equals(path)) {
        return path;
      }
      if (template == null && operation.isAt(path)) {
        template = operation.path();
      }
    }
    return template;
  }

  /** An operation by its operationId. */
  public Operation operation(String id) {
    var operation = operations.get(id);
    if (operation == null) {
      throw new IllegalArgumentException("No operation " + id + " in the contract");
    }
    return operation;
  }

  /** The compiled form of a schema in components/schemas. */
  public Schema schema(String name) {
    return schemaAt("/components/schemas/" + name);
  }

  private void readPath(String path, JsonNode item) {
    var shared = item.path("parameters");
    for (var field : item.properties()) {
      if (METHODS.contains(field.getKey())) {
        var operation = readOperation(path, field.getKey(), field.getValue(), shared);
        if (!ContractFile.ADMITTED.matcher(operation.id()).matches()) {
          throw new IllegalStateException(
              "The contract's operationId %s may hold letters only: admission knows operations by that"
                  .formatted(operation.id()));
        }
        operations.put(operation.id(), operation);
      }
    }
  }

  private Operation readOperation(String path, String method, JsonNode node, JsonNode shared) {
    var parameters = new ArrayList<Operation.Parameter>();
    var at = "/paths/" + path.replace("~", "~0").replace("/", "~1");
    for (var list :
        List.of(Map.entry(at, shared), Map.entry(at + "/" + method, node.path("parameters")))) {
      for (int i = 0; i < list.getValue().size(); i++) {
        parameters.add(parameter(pointer(list.getKey() + "/parameters/" + i)));
      }
    }
    var body =
        method.equals("post") && !node.has("requestBody")
            ? schemas.getSchema(NO_FIELDS)
            : bodyOf(at + "/" + method);
    return new Operation(
        node.get("operationId").asText(),
        method.toUpperCase(java.util.Locale.ROOT),
        path,
        scopes(node),
        List.copyOf(parameters),
        body,
        document.at(pointer(at + "/" + method + "/requestBody")).path("required").asBoolean(),
        node.path(BODY_LIMIT).asInt(bodyLimit()),
        parameters.stream().anyMatch(p -> p.name().equals(Idempotency.HEADER)),
        node.path(ENTRIES_APART).asBoolean());
  }

  private Operation.Parameter parameter(String pointer) {
    var node = document.at(pointer);
    var schema = node.get("schema");
    var fallback = schema.has("default") ? schema.get("default").numberValue() : null;
    return new Operation.Parameter(
        node.get("name").asText(),
        Operation.Place.valueOf(node.get("in").asText()),
        node.path("required").asBoolean(),
        schema.path("type").asText().equals("integer"),
        schema.path("type").asText().equals("array"),
        fallback,
        schemaAt(pointer + "/schema"));
  }

  private @Nullable Schema bodyOf(String operation) {
    if (!document.at(operation).has("requestBody")) {
      return null;
    }
    var content = pointer(operation + "/requestBody") + "/content/application~1json/schema";
    return document.at(content).isMissingNode() || document.at(content).isEmpty()
        ? null
        : schemaAt(content);
  }

  /** The pointer to this node or, if the node is a link ($ref), to the link's target. */
  private String pointer(String at) {
    var ref = document.at(at).path("$ref").asText();
    if (!ref.isEmpty() && !ref.startsWith("#/")) {
      throw new IllegalStateException(
          "The contract's link `%s` leads to another file: move what it names into components"
              .formatted(ref));
    }
    return ref.isEmpty() ? at : ref.substring(1);
  }

  private @Nullable Set<String> scopes(JsonNode operation) {
    var security = operation.has("security") ? operation.get("security") : document.get("security");
    if (security.isEmpty()) {
      return null;
    }
    var anyOf = new HashSet<String>();
    security.forEach(s -> s.path("bearer").forEach(scope -> anyOf.add(scope.asText())));
    return Set.copyOf(anyOf);
  }

  private Schema schemaAt(String pointer) {
    return schemas.getSchema(SchemaLocation.of(BASE + "#" + pointer));
  }
}
