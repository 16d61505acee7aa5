package io.outpost.routes;

import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
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
import org.yaml.snakeyaml.reader.ReaderException;

/**
 * The text of a route file with its lines.
 *
 * @param name folder and file, for example {@code api/jobs.camel.yaml}
 * @param root the list of routes and configurations; null when the text is not valid YAML
 * @param faults why it is not valid
 */
record RouteFile(String name, @Nullable Node root, List<Finding> faults) {

  /**
   * A field with its position.
   *
   * @param key the field's name
   * @param parent the name of the field around it, for example {@code parameters}
   * @param owner the object that contains it
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

    /** The value when it is a single text, otherwise empty. */
    String text() {
      return value instanceof ScalarNode scalar ? scalar.getValue() : "";
    }

    /** The text of another field of the same object; empty when it is not a single text. */
    String beside(String name) {
      return RouteFile.text(owner, name);
    }

    Finding finding(String fault) {
      return new Finding(file, line, route, step, fault);
    }
  }

  /** Parses a file as stored. It must be UTF-8, because Camel reads nothing else. */
  static RouteFile parse(String name, byte[] bytes) {
    var text = ByteBuffer.wrap(bytes);
    var decoded = CharBuffer.allocate(bytes.length);
    if (StandardCharsets.UTF_8.newDecoder().decode(text, decoded, true).isError()) {
      var line = 1 + (int) decoded.flip().chars().filter(c -> c == '\n').count();
      var fault = "is not UTF-8 (from the byte 0x%02x on): save it as UTF-8";
      var at = bytes[text.position()] & 0xff;
      return unread(name, line, fault.formatted(at));
    }
    return parse(name, decoded.flip().toString());
  }

  static RouteFile parse(String name, String text) {
    try {
      var root = new Yaml(new LoaderOptions()).compose(new StringReader(text));
      var faults = new ArrayList<Finding>();
      var isBounded = new Structure(name, faults).isBounded(root);
      return new RouteFile(name, isBounded ? root : null, faults);
    } catch (MarkedYAMLException e) {
      var line = e.getProblemMark() == null ? 1 : e.getProblemMark().getLine() + 1;
      var problem = String.valueOf(e.getProblem());
      return unread(
          name,
          line,
          problem.contains("another document")
              ? "has a second document: write one list, without `---` in between"
              : "is no YAML: " + problem + "; look at the indentation");
    } catch (ReaderException e) {
      var before = text.substring(0, Math.min(text.length(), Math.max(0, e.getPosition())));
      var fault = "is not YAML: it has the character U+%04X, which is not allowed in text";
      return unread(
          name,
          1 + (int) before.chars().filter(c -> c == '\n').count(),
          fault.formatted(e.getCodePoint()));
    } catch (YAMLException e) {
      return unread(
          name, 1, "is no YAML: " + String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
    }
  }

  private static RouteFile unread(String name, int line, String fault) {
    return new RouteFile(name, null, List.of(new Finding(name, line, "", "", fault)));
  }

  /** Finds constructs that YAML allows, but that are mistakes in routes. Used for one file. */
  private static final class Structure {

    /** More nodes than any real file has. Aliases can expand a few lines to millions of nodes. */
    private static final int MOST_NODES = 200_000;

    private static final String TOO_MUCH =
        "is too large: its aliases (`*`) expand to more than %d entries";

    private final String name;
    private final List<Finding> faults;
    private final Set<Node> around = Collections.newSetFromMap(new IdentityHashMap<>());
    private int nodes;

    Structure(String name, List<Finding> faults) {
      this.name = name;
      this.faults = faults;
    }

    /** Whether the file stays below this limit when all aliases are followed. */
    boolean isBounded(Node node) {
      if (node == null) {
        return true;
      }
      if (!around.add(node)) {
        var fault = "contains itself: an alias (`*`) refers to a part that contains it";
        faults.add(new Finding(name, line(node), "", "", fault));
        return false;
      }
      if (++nodes > MOST_NODES) {
        faults.add(Finding.of(name, TOO_MUCH.formatted(MOST_NODES)));
        return false;
      }
      var isBounded =
          switch (node) {
            case SequenceNode list -> list.getValue().stream().allMatch(this::isBounded);
            case MappingNode mapping -> {
              findDoubles(mapping);
              yield mapping.getValue().stream()
                  .allMatch(f -> isBounded(f.getKeyNode()) && isBounded(f.getValueNode()));
            }
            default -> true;
          };
      around.remove(node);
      return isBounded;
    }

    /** Finds repeated fields, of which Camel would ignore the first. */
    private void findDoubles(MappingNode mapping) {
      var seen = new HashMap<String, Integer>();
      for (var field : mapping.getValue()) {
        var first = seen.putIfAbsent(key(field.getKeyNode()), line(field.getKeyNode()));
        if (first != null) {
          var fault = "`%s` is given twice, in line %d too";
          faults.add(
              new Finding(
                  name,
                  line(field.getKeyNode()),
                  "",
                  "",
                  fault.formatted(key(field.getKeyNode()), first)));
        }
      }
    }
  }

  /** The last folder and the file name of a location. */
  static String nameOf(String location) {
    var parts = location.split("[/\\\\]", -1);
    return parts.length < 2 ? location : parts[parts.length - 2] + "/" + parts[parts.length - 1];
  }

  /** Every field, however deeply nested. */
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

  /** The text of an object's field; empty when it is not a single text. */
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
