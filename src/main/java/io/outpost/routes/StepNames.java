package io.outpost.routes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.SequenceNode;

/**
 * The steps that Camel has and the properties of each, as the schema of its YAML language lists
 * them. Immutable.
 */
final class StepNames {

  private static final String SCHEMA = "/schema/camelYamlDsl.json";
  private static final List<String> BRANCHES = List.of("anyOf", "oneOf", "allOf");

  private final JsonNode schema;

  StepNames() {
    try (var file = StepNames.class.getResourceAsStream(SCHEMA)) {
      schema = new ObjectMapper().readTree(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What a file calls by a name that Camel does not have. */
  List<Finding> check(RouteFile file) {
    var walk = new Walk(file.name(), new ArrayList<>());
    if (file.root() instanceof SequenceNode list) {
      list.getValue().forEach(item -> walk.item(item, schema.get("items")));
    } else if (file.root() != null) {
      walk.found.add(Finding.of(file.name(), "is no list: begin each route with \"- route:\""));
    }
    return walk.found;
  }

  /** The names that an object may have, with the schema of each. */
  private Map<String, JsonNode> properties(JsonNode node) {
    var all = new TreeMap<String, JsonNode>();
    node.path("properties").properties().forEach(p -> all.putIfAbsent(p.getKey(), p.getValue()));
    for (var branch : BRANCHES) {
      node.path(branch).forEach(part -> properties(resolve(part)).forEach(all::putIfAbsent));
    }
    return all;
  }

  private JsonNode resolve(JsonNode node) {
    var ref = node.path("$ref").asText();
    return ref.isEmpty() ? node : schema.at(ref.substring(1));
  }

  private final class Walk {
    private final String file;
    private final List<Finding> found;
    private String route = "";
    private String step = "";

    Walk(String file, List<Finding> found) {
      this.file = file;
      this.found = found;
    }

    void item(Node item, JsonNode itemSchema) {
      var body =
          item instanceof MappingNode m && !m.getValue().isEmpty() ? m.getValue().get(0) : null;
      route = body == null ? "" : RouteFile.text(body.getValueNode(), "id");
      step = "";
      if (body == null) {
        found.add(new Finding(file, RouteFile.line(item), "", "", "an empty entry"));
      }
      node(item, itemSchema, "");
    }

    private void node(Node node, JsonNode unresolved, String parent) {
      var at = resolve(unresolved);
      if (node instanceof SequenceNode list) {
        list.getValue().forEach(entry -> node(entry, items(at), parent));
      } else if (node instanceof MappingNode mapping) {
        var known = properties(at);
        if (!known.isEmpty()) {
          mapping(mapping, known, at.path("maxProperties").asInt() == 1, parent);
        }
      }
    }

    /** Of an entry with one name, such as a step, a second one is a mistake of indentation. */
    private void mapping(
        MappingNode mapping, Map<String, JsonNode> known, boolean isStep, String parent) {
      boolean first = true;
      for (var field : mapping.getValue()) {
        var key = RouteFile.key(field.getKeyNode());
        var before = step;
        if (isStep && !parent.isEmpty()) {
          var id = RouteFile.text(field.getValueNode(), "id");
          step = id.isEmpty() ? key : id;
        }
        var line = RouteFile.line(field.getKeyNode());
        if (isStep && !first) {
          var stranger =
              "`%s` stands beside a step: indent it further, or begin a step with \"- \"";
          found.add(new Finding(file, line, route, before, stranger.formatted(key)));
        } else if (!known.containsKey(key)) {
          var what = isStep ? "no step `%s`" : "no property `" + "%s` of `" + parent + "`";
          var meant = Suggestion.of(key, known.keySet());
          found.add(new Finding(file, line, route, before, what.formatted(key) + meant));
        } else {
          node(field.getValueNode(), known.get(key), key);
        }
        step = isStep ? before : step;
        first = false;
      }
    }

    private JsonNode items(JsonNode at) {
      if (at.has("items")) {
        return at.get("items");
      }
      for (var branch : BRANCHES) {
        for (var part : at.path(branch)) {
          var inner = resolve(part);
          if (inner.has("items")) {
            return inner.get("items");
          }
        }
      }
      return at;
    }
  }
}
