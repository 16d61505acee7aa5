package io.outpost.routes;

import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/**
 * The text of a route file with its lines.
 *
 * @param name folder and file, for example {@code api/jobs.camel.yaml}
 * @param root the list of routes and configurations; null when the text is no YAML
 * @param faults why it is none
 */
record RouteFile(String name, @Nullable Node root, List<Finding> faults) {

  /**
   * A field with its place.
   *
   * @param key the field's name
   * @param parent the name of the field around it, for example {@code parameters}
   * @param owner the object that it is a field of
   */
  record Field(
      String file,
      int line,
      String route,
      String step,
      String parent,
      String key,
      Node value,
      MappingNode owner) {

    /** The value when it is one text, else empty. */
    String text() {
      return value instanceof ScalarNode scalar ? scalar.getValue() : "";
    }

    /** Another field of the same object, when it is one text; else empty. */
    String beside(String name) {
      return RouteFile.text(owner, name);
    }

    Finding finding(String fault) {
      return new Finding(file, line, route, step, fault);
    }
  }

  static RouteFile parse(String name, String text) {
    try {
      return new RouteFile(
          name, new Yaml(new LoaderOptions()).compose(new StringReader(text)), List.of());
    } catch (MarkedYAMLException e) {
      var line = e.getProblemMark() == null ? 1 : e.getProblemMark().getLine() + 1;
      return new RouteFile(
          name,
          null,
          List.of(
              new Finding(
                  name,
                  line,
                  "",
                  "",
                  "is no YAML: " + e.getProblem() + "; look at the indentation")));
    } catch (YAMLException e) {
      return new RouteFile(name, null, List.of(Finding.of(name, "is no YAML: " + e.getMessage())));
    }
  }

  /** The last folder and the file of a location. */
  static String nameOf(String location) {
    var parts = location.split("[/\\\\]", -1);
    return parts.length < 2 ? location : parts[parts.length - 2] + "/" + parts[parts.length - 1];
  }

  /** Every field, however deep. */
  List<Field> fields() {
    var found = new ArrayList<Field>();
    if (root != null) {
      collect(root, "", "", "", found);
    }
    return found;
  }

  /** The routes, each as the field {@code route}. */
  Stream<Field> routes() {
    return fields().stream()
        .filter(field -> field.key().equals("route") && field.parent().isEmpty());
  }

  /** A field of an object, when it is one text; else empty. */
  static String text(Node object, String name) {
    return field(object, name)
        .filter(ScalarNode.class::isInstance)
        .map(value -> ((ScalarNode) value).getValue())
        .orElse("");
  }

  static Optional<Node> field(Node object, String name) {
    return object instanceof MappingNode mapping
        ? mapping.getValue().stream()
            .filter(field -> key(field.getKeyNode()).equals(name))
            .map(field -> field.getValueNode())
            .findFirst()
        : Optional.empty();
  }

  static String key(Node node) {
    return node instanceof ScalarNode scalar ? scalar.getValue() : "";
  }

  static int line(Node node) {
    return node.getStartMark().getLine() + 1;
  }

  private void collect(Node node, String route, String step, String parent, List<Field> found) {
    if (node instanceof SequenceNode list) {
      list.getValue().forEach(item -> collect(item, route, step, parent, found));
    } else if (node instanceof MappingNode mapping) {
      for (var field : mapping.getValue()) {
        var key = key(field.getKeyNode());
        var value = field.getValueNode();
        var id = text(value, "id");
        var top = parent.isEmpty();
        var inRoute = top ? id : route;
        var inStep = top ? "" : !id.isEmpty() ? id : parent.equals("steps") ? key : step;
        found.add(
            new Field(
                name, line(field.getKeyNode()), inRoute, inStep, parent, key, value, mapping));
        collect(value, inRoute, inStep, key, found);
      }
    }
  }
}
