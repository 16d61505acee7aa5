package io.outpost.routes;

import java.io.StringReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.SequenceNode;

/**
 * A test of a route in a {@code .test.yaml} file.
 *
 * @param file folder and file
 * @param line the line at which it begins
 * @param name its title, a clause
 * @param given the results of Java steps and other systems, by the step's id or by {@code
 *     bean.method}
 * @param when the called route with its input
 * @param then the expected results
 */
record Scenario(
    String file,
    int line,
    String name,
    Map<String, Object> given,
    Map<String, Object> when,
    Map<String, Object> then) {

  private static final Set<String> WHEN =
      Set.of("route", "body", "headers", "properties", "variables");
  private static final Set<String> THEN =
      Set.of("body", "headers", "properties", "variables", "calls", "never", "sent", "fails");

  /** The tests in a file; parts that cannot be read become findings. */
  static List<Scenario> read(String file, String text, List<Finding> findings) {
    var found = new ArrayList<Scenario>();
    try {
      var lines = new Yaml(new LoaderOptions()).compose(new StringReader(text));
      var tests = new Yaml(new SafeConstructor(new LoaderOptions())).load(text);
      if (!(tests instanceof List<?> list) || !(lines instanceof SequenceNode nodes)) {
        findings.add(Finding.of(file, "is no list: begin each test with \"- test:\""));
        return found;
      }
      for (int i = 0; i < list.size(); i++) {
        var line = RouteFile.line(nodes.getValue().get(i));
        if (list.get(i) instanceof Map<?, ?> map) {
          var test =
              new Scenario(
                  file,
                  line,
                  String.valueOf(map.get("test")),
                  map(map.get("given")),
                  map(map.get("when")),
                  map(map.get("then")));
          test.check(map, findings);
          found.add(test);
        } else {
          findings.add(new Finding(file, line, "", "", "is no test: begin it with \"- test:\""));
        }
      }
    } catch (YAMLException e) {
      findings.addAll(RouteFile.parse(file, text).faults());
    }
    return found;
  }

  private void check(Map<?, ?> map, List<Finding> findings) {
    unknown(map.keySet(), Set.of("test", "given", "when", "then"), "", findings);
    unknown(when.keySet(), WHEN, "when.", findings);
    unknown(then.keySet(), THEN, "then.", findings);
    if (!(when.get("route") instanceof String)) {
      findings.add(finding("when.route is missing: which route is tested?"));
    }
    if (then.isEmpty()) {
      findings.add(finding("then is missing: such a test cannot fail"));
    }
  }

  private void unknown(Set<?> keys, Set<String> known, String in, List<Finding> findings) {
    for (var key : keys) {
      if (!known.contains(String.valueOf(key))) {
        var meant = Suggestion.of(String.valueOf(key), known);
        findings.add(finding("there is no `%s%s`%s".formatted(in, key, meant)));
      }
    }
  }

  /** A finding about this test. */
  Finding finding(String fault) {
    return new Finding(file, line, "", name, fault);
  }

  /** A value as a map; empty when it is missing or another type. */
  @SuppressWarnings("unchecked") // All names in YAML are strings.
  static Map<String, Object> map(@Nullable Object value) {
    return value instanceof Map<?, ?> map
        ? new LinkedHashMap<>((Map<String, Object>) map)
        : Map.of();
  }

  /** A value as a list. A single value becomes a list of one. */
  static List<?> list(@Nullable Object value) {
    return value == null ? List.of() : value instanceof List<?> list ? list : List.of(value);
  }
}
