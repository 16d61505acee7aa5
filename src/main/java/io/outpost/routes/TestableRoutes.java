package io.outpost.routes;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/**
 * Route files in a form for tests. Every Java step and every other system is replaced by a
 * stand-in; waits and parallel work happen at once; order, choices, retries and error handling stay
 * as written. Used by one thread.
 */
final class TestableRoutes {

  /** Prefixes of names in the registry: for a step, for a Java value, for a path into data. */
  static final String STEP = "step_";

  static final String VALUE = "value_";
  static final String PATH = "path_";
  static final String AT_ONCE = "atOnce";
  static final String GATHER = "gather";

  private static final String START = "start-";

  private static final Pattern BEAN =
      Pattern.compile("\\$\\{bean:(\\w+)\\?method=(\\w+)(?:\\([^{}]*\\))?}");
  private static final Pattern WORD =
      Pattern.compile(
          "\\$\\{(body|(?:exchangeProperty|variable)\\.\\w+)((?:\\??\\.\\w+|\\[\\w+])+)}");
  private static final Set<String> SENDERS =
      Set.of("to", "toD", "wireTap", "enrich", "pollEnrich", "poll");

  private final Map<String, String> stepCalls = new HashMap<>();
  private final Map<String, String> valueCalls = new HashMap<>();
  private final Map<String, List<String>> paths = new HashMap<>();
  private final Map<String, String> starts = new HashMap<>();
  private final Map<String, String> places = new LinkedHashMap<>();
  private final ObjectMapper json = new ObjectMapper();

  private String file = "";
  private String route = "";

  /** The entries of a file, which is valid: invalid files were refused before. */
  private static List<Node> items(RouteFile file) {
    return file.root() instanceof SequenceNode list ? list.getValue() : List.of();
  }

  /** The text of a file, with stand-ins. */
  String rewrite(RouteFile original) {
    file = original.name();
    var items = new ArrayList<Object>();
    for (var item : items(original)) {
      var body = ((MappingNode) item).getValue().getFirst();
      var kind = RouteFile.key(body.getKeyNode());
      if (!kind.equals("rest") && !kind.equals("restConfiguration")) {
        route = RouteFile.text(body.getValueNode(), "id");
        items.add(convert(item, ""));
      }
    }
    try {
      return json.writeValueAsString(items);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What a stand-in replaces: {@code bean.method}, or the endpoint. */
  String callOf(String step) {
    return stepCalls.getOrDefault(step, step);
  }

  @Nullable String valueOf(String name) {
    return valueCalls.get(name);
  }

  @Nullable List<String> path(String name) {
    return paths.get(name);
  }

  /**
   * The address at which a route starts, by its id or by the name after {@code direct:}; null when
   * there is none.
   */
  @Nullable String start(String name) {
    return starts.get(name);
  }

  Set<String> startable() {
    return starts.keySet();
  }

  /** The names for which a test may give results: replaced steps, and Java values. */
  Set<String> replaceable() {
    var names = new TreeSet<>(stepCalls.keySet());
    names.addAll(stepCalls.values());
    names.addAll(valueCalls.values());
    return names;
  }

  /** Every step, by id, with its route, file and line. */
  Map<String, String> places() {
    return places;
  }

  private Object convert(Node node, String key) {
    return switch (node) {
      case SequenceNode list when key.equals("steps") ->
          list.getValue().stream().map(this::step).toList();
      case SequenceNode list -> list.getValue().stream().map(item -> convert(item, key)).toList();
      case MappingNode map -> change(key, fields(map));
      case ScalarNode text -> scalar(text);
      default -> RouteFile.key(node);
    };
  }

  private Map<String, Object> fields(MappingNode map) {
    var found = new LinkedHashMap<String, Object>();
    for (var field : map.getValue()) {
      var key = RouteFile.key(field.getKeyNode());
      found.put(key, convert(field.getValueNode(), key));
    }
    return found;
  }

  private Object scalar(ScalarNode text) {
    return text.getTag().equals(org.yaml.snakeyaml.nodes.Tag.BOOL)
        ? Boolean.valueOf(text.getValue())
        : expression(text.getValue());
  }

  /**
   * Rewrites a step of a list. It gets an id and, if it calls anything outside the routes, a
   * stand-in.
   */
  private Map<String, Object> step(Node item) {
    var only = ((MappingNode) item).getValue().getFirst();
    var kind = RouteFile.key(only.getKeyNode());
    var line = RouteFile.line(only.getKeyNode());
    var body = convert(only.getValueNode(), kind);
    Map<String, Object> fields =
        body instanceof Map<?, ?> ? Scenario.map(body) : shorthand(kind, String.valueOf(body));
    var id =
        String.valueOf(
            fields.computeIfAbsent(
                "id", none -> kind + "-" + file.replaceAll("\\W", "-") + "-" + line));
    if (!kind.equals("doTry")) { // Camel reports its steps, not this element
      places.put(id, "%s:%d: %s/%s".formatted(file, line, route, id));
    }
    var inner = RouteFile.text(only.getValueNode(), "constant");
    var uri = SENDERS.contains(kind) ? String.valueOf(fields.getOrDefault("uri", inner)) : "";
    if (kind.equals("bean")) {
      var owner = RouteFile.text(only.getValueNode(), "ref");
      owner =
          owner.isEmpty()
              ? RouteFile.text(only.getValueNode(), "beanType").replaceFirst(".*[.$]", "")
              : owner;
      var method = RouteFile.text(only.getValueNode(), "method").replaceFirst("\\(.*", "");
      return standIn(id, owner + "." + method);
    }
    if (kind.equals("script") || SENDERS.contains(kind) && !uri.startsWith("direct:")) {
      return standIn(id, uri.replaceFirst("[?:].*", ""));
    }
    return kind.equals("aggregate") ? alone(id, fields) : Map.of(kind, fields);
  }

  /** Replaces an aggregation by steps that continue at once, with a list of one message. */
  private static Map<String, Object> alone(String id, Map<String, Object> aggregate) {
    var steps = new ArrayList<Object>();
    steps.add(Map.of("process", Map.of("id", "gather-" + id, "ref", GATHER)));
    steps.addAll(Scenario.list(aggregate.get("steps")));
    return Map.of("pipeline", Map.of("id", id, "steps", steps));
  }

  private Map<String, Object> standIn(String id, String call) {
    stepCalls.put(id, call);
    return Map.of("process", Map.of("id", id, "ref", STEP + id));
  }

  private static Map<String, Object> shorthand(String kind, String text) {
    var fields = new LinkedHashMap<String, Object>();
    var key =
        switch (kind) {
          case "log" -> "message";
          case "setBody", "transform" -> "simple";
          default -> "uri";
        };
    if (!text.isEmpty() && !text.equals("null")) {
      fields.put(key, text);
    }
    return fields;
  }

  /**
   * Rewrites an element: waits take no time, parallel work runs at once, and calls get the test's
   * results.
   */
  private Object change(String key, Map<String, Object> fields) {
    switch (key) {
      case "method" -> {
        var owner = fields.containsKey("ref") ? fields.get("ref") : fields.get("beanType");
        var call =
            String.valueOf(owner).replaceFirst(".*[.$]", "")
                + "."
                + String.valueOf(fields.get("method")).replaceFirst("\\(.*", "");
        return Map.of("ref", "", "method", "", "call", call);
      }
      case "from" -> {
        var uri = String.valueOf(fields.get("uri"));
        var starting = uri.startsWith("direct:") ? uri : "direct:" + START + route;
        starts.put(route, starting);
        starts.put(starting.substring("direct:".length()), starting);
        fields.put("uri", starting);
        if (!uri.startsWith("direct:")) {
          fields.remove("parameters");
        }
      }
      case "redeliveryPolicy" -> {
        fields.replace("redeliveryDelay", "1");
        fields.replace("maximumRedeliveryDelay", "1");
      }
      case "wireTap" -> fields.put("executorService", AT_ONCE);
      case "split", "multicast", "recipientList" -> fields.remove("parallelProcessing");
      case "delay" -> {
        fields.remove("simple");
        fields.put("constant", "1");
      }
      case "resilience4jConfiguration" -> {
        List.of("timeoutEnabled", "timeoutDuration", "timeoutExecutorService")
            .forEach(fields::remove);
        fields.put("minimumNumberOfCalls", "1000000");
        fields.put("slidingWindowSize", "1000000");
      }
      default -> {
        // Other elements stay as they are.
      }
    }
    return unmethod(fields);
  }

  /** Replaces a call of a Java method by an expression on the registry. */
  private Map<String, Object> unmethod(Map<String, Object> fields) {
    if (fields.get("method") instanceof Map<?, ?> method && method.containsKey("call")) {
      fields.remove("method");
      fields.put("simple", "${bean:" + value(String.valueOf(method.get("call"))) + "}");
    }
    return fields;
  }

  private String expression(String text) {
    var withBeans =
        BEAN.matcher(text)
            .replaceAll(found -> "\\${bean:" + value(found.group(1) + "." + found.group(2)) + "}");
    return WORD.matcher(withBeans)
        .replaceAll(found -> "\\${bean:" + path(found.group(1), found.group(2)) + "}");
  }

  private String value(String call) {
    var name = VALUE + call.replace('.', '_');
    valueCalls.put(name, call);
    return name;
  }

  private String path(String start, String rest) {
    var name = PATH + (start + rest).replaceAll("\\W+", "_");
    var all = new ArrayList<>(List.of(start.split("\\.", -1)));
    all.addAll(
        List.of(rest.replaceAll("[?\\]]", "").replace('[', '.').substring(1).split("\\.", -1)));
    paths.put(name, all);
    return name;
  }
}
