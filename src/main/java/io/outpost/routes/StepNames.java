package io.outpost.routes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * The steps of Camel and the properties of each, as the schema of its YAML language lists them.
 * Immutable.
 */
final class StepNames {

  private static final String SCHEMA = "/schema/camelYamlDsl.json";
  private static final List<String> BRANCHES = List.of("anyOf", "oneOf", "allOf");
  private static final String EXPRESSION = ".language.ExpressionDefinition";

  private static final String MERGED =
      "`<<` is not read, because Camel knows no merged fields: write them out";

  private final JsonNode schema;

  StepNames() {
    try (var file = StepNames.class.getResourceAsStream(SCHEMA)) {
      schema = new ObjectMapper().readTree(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reports names in the file that Camel does not have. */
  List<Finding> check(RouteFile file) {
    var walk = new Walk(file.name(), new ArrayList<>());
    if (isEmpty(file.root()) && file.faults().isEmpty()) {
      walk.found.add(Finding.of(file.name(), "has no route: remove the file, or write one"));
    } else if (file.root() instanceof SequenceNode list) {
      list.getValue().forEach(item -> walk.item(item, schema.get("items")));
    } else if (file.root() != null) {
      walk.found.add(Finding.of(file.name(), "is no list: begin each route with \"- route:\""));
    }
    return walk.found;
  }

  private static boolean isEmpty(@Nullable Node node) {
    return switch (node) {
      case null -> true;
      case SequenceNode list -> list.getValue().isEmpty();
      case ScalarNode text -> text.getTag().equals(Tag.NULL) || text.getValue().isBlank();
      default -> false;
    };
  }

  /** The allowed types of a node: object, array, string and so on; empty: any. */
  private Set<String> kinds(JsonNode node) {
    var kinds = new TreeSet<String>();
    if (node.has("type")) {
      kinds.add(node.get("type").asText());
    }
    BRANCHES.forEach(
        branch -> node.path(branch).forEach(part -> kinds.addAll(kinds(resolve(part)))));
    return kinds;
  }

  /** The required names of an object. */
  private List<String> required(JsonNode node) {
    var names = new ArrayList<String>();
    node.path("required").forEach(name -> names.add(name.asText()));
    if (kinds(node).contains("string")) {
      node.path("oneOf")
          .forEach(form -> form.path("required").forEach(name -> names.add(name.asText())));
    }
    return names;
  }

  /** Whether a step has an expression, such as simple. */
  private boolean wantsExpression(JsonNode node) {
    return node.path("anyOf")
        .path(0)
        .path("oneOf")
        .path(0)
        .path("$ref")
        .asText()
        .endsWith(EXPRESSION);
  }

  /** The allowed names of an object, with the schema of each. */
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
        var fault =
            isEmpty(item) || item instanceof MappingNode
                ? "an empty entry"
                : "is no route: begin each with \"- route:\"";
        found.add(new Finding(file, RouteFile.line(item), "", "", fault));
        return;
      }
      node(item, itemSchema, "");
    }

    private void node(Node node, JsonNode unresolved, String parent) {
      var at = resolve(unresolved);
      var kinds = kinds(at);
      var mayBe = kinds.isEmpty() ? Set.of("array", "object", "string") : kinds;
      if (node instanceof SequenceNode list) {
        if (!mayBe.contains("array")) {
          add(node, "`%s` is no list: write its fields without \"- \"".formatted(parent));
          return;
        }
        list.getValue().forEach(entry -> node(entry, items(at), parent));
      } else if (node instanceof MappingNode mapping) {
        var known = properties(at);
        if (!mayBe.contains("object")) {
          add(
              node,
              mayBe.contains("array")
                  ? "`%s` is a list: begin each entry with \"- \"".formatted(parent)
                  : "`%s` is one value and has no fields".formatted(parent));
        } else if (!known.isEmpty()) {
          var isStep = at.path("maxProperties").asInt() == 1;
          mapping(mapping, known, isStep, parent);
          if (!isStep) {
            needs(mapping, at, known, parent);
          }
        }
      } else if (node instanceof ScalarNode text) {
        scalar(text, at, mayBe, parent);
      }
    }

    private void needs(
        MappingNode mapping, JsonNode at, Map<String, JsonNode> known, String parent) {
      var areKnown =
          mapping.getValue().stream()
              .allMatch(field -> known.containsKey(RouteFile.key(field.getKeyNode())));
      if (!areKnown) {
        return; // An unknown name is reported already, and may be the missing one.
      }
      for (var name : required(at)) {
        if (known.containsKey(name) && RouteFile.field(mapping, name).isEmpty()) {
          add(mapping, "`%s` needs `%s`".formatted(parent, name));
        }
      }
      if (parent.equals("from")
          && RouteFile.field(mapping, "steps").orElse(null) instanceof SequenceNode steps
          && steps.getValue().isEmpty()) {
        add(steps, "`steps` is empty");
      }
      if (parent.equals("choice") && isEmpty(RouteFile.field(mapping, "when").orElse(null))) {
        add(mapping, "`choice` needs `when`");
      }
      if (wantsExpression(at) && !parent.equals("sort")) {
        var languages =
            properties(resolve(at.path("anyOf").path(0).path("oneOf").path(0))).keySet();
        if (RouteFile.field(mapping, "expression").isEmpty()
            && languages.stream().allMatch(name -> RouteFile.field(mapping, name).isEmpty())) {
          add(mapping, "`%s` needs an expression, such as `simple`".formatted(parent));
        }
      }
    }

    private void scalar(ScalarNode node, JsonNode at, Set<String> kinds, String parent) {
      var text = node.getValue();
      if (text.contains("{{") || text.startsWith("#")) {
        return;
      }
      if (isEmpty(node) && !kinds.contains("string") || node.getTag().equals(Tag.NULL)) {
        add(node, "`%s` is empty".formatted(parent));
      } else if (kinds.equals(Set.of("boolean")) && !text.matches("(?i)true|false")) {
        add(node, "`%s` is true or false, not `%s`".formatted(parent, text));
      } else if (kinds.equals(Set.of("number")) && !text.matches("[+-]?\\d+(\\.\\d+)?")) {
        add(node, "`%s` is a number, not `%s`".formatted(parent, text));
      } else if (kinds.equals(Set.of("object")) && parent.equals("steps")) {
        add(node, "the step `%s` has no colon: write `%s: …`".formatted(text, text));
      } else if (kinds.equals(Set.of("object"))) {
        add(node, "`%s` has fields of its own and cannot be `%s`".formatted(parent, text));
      } else if (kinds.equals(Set.of("array")) && !kinds(items(at)).contains("string")) {
        add(node, "`%s` is a list: begin each entry with \"- \"".formatted(parent));
      } else if (at.has("enum")) {
        var words = new ArrayList<String>();
        at.get("enum").forEach(word -> words.add(word.asText()));
        if (words.stream().noneMatch(text::equalsIgnoreCase)) {
          var meant = Suggestion.of(text, words);
          var fault = "`%s` cannot be `%s`, but %s%s";
          add(node, fault.formatted(parent, text, String.join(", ", words), meant));
        }
      }
    }

    private void add(Node at, String fault) {
      found.add(new Finding(file, RouteFile.line(at), route, step, fault));
    }

    /**
     * Checks the names of an object. An entry in a list of steps has one name, so a second name is
     * a mistake of indentation.
     */
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
        } else if (key.equals("<<")) {
          found.add(new Finding(file, line, route, before, MERGED));
        } else if (!known.containsKey(key)) {
          var what = isStep ? "no step `%s`" : "no property `" + "%s` of `" + parent + "`";
          var meant = Suggestion.of(key, known.keySet());
          found.add(new Finding(file, line, route, before, what.formatted(key) + meant));
        } else if (!isStep || mapping.getValue().size() == 1) {
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
