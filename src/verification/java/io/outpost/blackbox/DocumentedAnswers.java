package io.outpost.blackbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.dialect.Dialects;
import io.outpost.blackbox.Client.Answer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Checks that the OpenAPI document allows every answer that a test gets: status, media type,
 * headers and body, as a generated client would require. Thread-safe.
 */
final class DocumentedAnswers {

  static final DocumentedAnswers INSTANCE = new DocumentedAnswers();

  private static final String BASE = "https://outpost.invalid/document";

  /** Headers for HTTP, proxies and browsers, which every answer may have. */
  private static final Set<String> OF_EVERY_ANSWER =
      Set.of(
          "accept-ranges",
          "access-control-allow-headers",
          "access-control-allow-methods",
          "access-control-allow-origin",
          "access-control-expose-headers",
          "access-control-max-age",
          "cache-control",
          "connection",
          "content-encoding",
          "content-length",
          "content-security-policy",
          "content-type",
          "date",
          "keep-alive",
          "referrer-policy",
          "strict-transport-security",
          "transfer-encoding",
          "vary",
          "x-accel-buffering",
          "x-content-type-options");

  private final JsonNode document;
  private final SchemaRegistry schemas;
  private final Map<String, JsonNode> paths = new HashMap<>();
  private final Map<String, Schema> compiled = new ConcurrentHashMap<>();

  private DocumentedAnswers() {
    try (var file = DocumentedAnswers.class.getResourceAsStream("/openapi/outpost.yaml")) {
      document = new ObjectMapper(new YAMLFactory()).readTree(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    schemas =
        SchemaRegistry.withDefaultDialect(
            Dialects.getDraft202012(), b -> b.schemas(Map.of(BASE, document.toString())));
    document.get("paths").properties().forEach(p -> paths.put(p.getKey(), p.getValue()));
  }

  /**
   * Fails when the document does not have this answer.
   *
   * @param path with its query, as sent
   */
  void check(String method, String path, Answer answer) {
    var faults = faults(method, path.replaceFirst("[?#].*", ""), answer);
    if (!faults.isEmpty()) {
      throw new AssertionError(
          "%s %s: the document has no such answer: %s%n%s"
              .formatted(method, path, String.join("; ", faults), answer));
    }
  }

  private List<String> faults(String method, String path, Answer answer) {
    var pointer = operation(method.equals("HEAD") ? "GET" : method, path);
    if (pointer == null) {
      return List.of();
    }
    var responses = document.at(pointer + "/responses");
    var status = Integer.toString(answer.status());
    var which = responses.has(status) ? status : "default";
    if (!responses.has(which) || which.equals("default") && answer.status() < 400) {
      return List.of("status " + status);
    }
    var response = resolved(pointer + "/responses/" + which);
    var faults = new ArrayList<String>();
    answer.headers().map().keySet().stream()
        .map(name -> name.toLowerCase(Locale.ROOT))
        .filter(name -> !name.startsWith(":") && !OF_EVERY_ANSWER.contains(name))
        .filter(name -> !hasHeader(document.at(response).path("headers"), name))
        .forEach(name -> faults.add("header " + name + " of " + status));
    if (!answer.body().isEmpty() && answer.header("Content-Encoding").isEmpty()) {
      faults.addAll(bodyFaults(response, answer));
    }
    return faults;
  }

  private static boolean hasHeader(JsonNode headers, String name) {
    return headers.propertyStream().anyMatch(h -> h.getKey().equalsIgnoreCase(name));
  }

  private List<String> bodyFaults(String response, Answer answer) {
    var type = answer.header("Content-Type").replaceFirst(";.*", "");
    var content = document.at(response).path("content");
    if (!content.has(type)) {
      return List.of("media type " + type + " of " + answer.status());
    }
    if (!type.endsWith("json")) {
      return List.of();
    }
    return schema(response + "/content/" + escaped(type) + "/schema")
        .validate(answer.json(), c -> c.executionConfig(e -> e.formatAssertionsEnabled(true)))
        .stream()
        .map(error -> error.getInstanceLocation() + " " + error.getMessage())
        .toList();
  }

  private Schema schema(String pointer) {
    return compiled.computeIfAbsent(
        pointer, at -> schemas.getSchema(SchemaLocation.of(BASE + "#" + at)));
  }

  /** The operation in the document; null if the document does not have it. */
  private String operation(String method, String path) {
    var template =
        paths.containsKey(path)
            ? path
            : paths.keySet().stream()
                .filter(p -> path.matches(p.replaceAll("\\{[a-z_]+}", "[^/]+")))
                .findFirst()
                .orElse(null);
    var name = method.toLowerCase(Locale.ROOT);
    return template != null && paths.get(template).has(name)
        ? "/paths/" + escaped(template) + "/" + name
        : null;
  }

  private String resolved(String pointer) {
    var reference = document.at(pointer).path("$ref").asText();
    return reference.isEmpty() ? pointer : reference.substring(1);
  }

  private static String escaped(String name) {
    return name.replace("~", "~0").replace("/", "~1");
  }
}
