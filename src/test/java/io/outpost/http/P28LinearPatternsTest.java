package io.outpost.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * No text from a client makes a regular expression take more than a constant number of steps per
 * character. A match never yields its thread, so a few quadratic ones would stop all requests.
 * Steps are counted, not timed.
 */
class P28LinearPatternsTest {

  private static final int LENGTH = 1000;

  /** The allowed steps per character; a pattern may read some parts of a text again. */
  private static final int STEPS = 150;

  /** Long enough that a recursive pattern overflows a stack of this size. */
  private static final int DEEP = 15_000;

  private static final int STACK = 256 * 1024;

  private static final List<String> BEGINNINGS =
      List.of(
          "",
          "a",
          "a@",
          "a@a",
          "A",
          "PT",
          "PT1",
          "/",
          "http://",
          "https://a",
          "2026-01",
          "op_live_",
          "cus_",
          "evt_",
          "t=1",
          "v1=",
          "tenant=",
          "{model}",
          "00-",
          "\"");

  /** This package reads the operator's own files, not text from clients. */
  private static final String ROUTE_FILES = "io.outpost.routes.";

  private static final List<String> REPEATED =
      List.of(
          "a",
          "A",
          "0",
          ".",
          "-",
          "_",
          "@",
          " ",
          "/",
          ",",
          ":",
          "=",
          "{",
          "}",
          "\t",
          "\n",
          "é",
          "a.",
          ".a",
          "a-",
          "a_",
          "a@",
          "@.",
          ". ",
          "/a",
          "a ",
          " a",
          "1H",
          "1M",
          "0.",
          "t=1,",
          ",a=a",
          "a=a,",
          "{model}",
          "op_live_",
          "op_",
          "a\n",
          "\n\n",
          "😀");
  private static final List<String> ENDS = List.of("", "\u0001", "!", "@", " ", "\n", "{", ".");

  private static final List<String> TEXTS = texts();

  /** All patterns of the product, each once. */
  static Stream<Map.Entry<String, Pattern>> patterns() throws Exception {
    var patterns = new TreeMap<String, Pattern>();
    var yaml = new ObjectMapper(new YAMLFactory());
    ofSchema("contract", yaml.readTree(resource("openapi/outpost.yaml")), patterns);
    ofSchema("agents", yaml.readTree(resource("agents/schema.json")), patterns);
    ofClasses(patterns);
    ofCalls(patterns);
    assertThat(patterns).hasSizeGreaterThan(40);
    var known = new HashSet<String>();
    return patterns.entrySet().stream()
        .filter(p -> known.add(p.getValue().flags() + " " + p.getValue().pattern()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("patterns")
  void aPatternTakesLinearSteps(Map.Entry<String, Pattern> pattern) {
    assertThat(isLinear(pattern.getValue())).as(pattern.toString()).isTrue();
  }

  /** The test finds the quadratic patterns that the product once had. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "^[^\\x00-\\x1f\\x7f]*[^\\s\\x00-\\x1f\\x7f][^\\x00-\\x1f\\x7f]*$",
        "^[^@\\s]{1,64}@[^@\\s]+\\.[^@\\s]+$",
        "^[A-Za-z]+([._-][A-Za-z0-9]+)*$",
        "^([^{}]|\\{(model|task_file)\\})+$",
        "^(?=.*\\S)[ -~]*a$|\\s+$",
        "^(a|aa)+$"
      })
  void aPatternThatIsNotLinearIsFound(String pattern) {
    assertThat(isLinear(Pattern.compile(pattern))).isFalse();
  }

  /** The length of a text is checked first; a pattern without a maximum length is not applied. */
  @ParameterizedTest
  @ValueSource(strings = {"openapi/outpost.yaml", "agents/schema.json"})
  void everyPatternOfASchemaStandsBesideALength(String file) throws IOException {
    var unbounded = new ArrayList<String>();
    withoutLength("", new ObjectMapper(new YAMLFactory()).readTree(resource(file)), unbounded);
    assertThat(unbounded).isEmpty();
  }

  private static boolean isLinear(Pattern pattern) {
    var linear = new AtomicBoolean();
    var small =
        new Thread(
            null,
            () -> linear.set(TEXTS.stream().allMatch(text -> isLinearOn(pattern, text))),
            "small-stack",
            STACK);
    small.start();
    try {
      small.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return linear.get();
  }

  private static List<String> texts() {
    var texts = new ArrayList<String>();
    for (var unit : REPEATED) {
      var middle = repeated(unit, LENGTH);
      for (var beginning : BEGINNINGS) {
        ENDS.forEach(end -> texts.add(beginning + middle + end));
      }
      texts.add(repeated(unit, DEEP));
      texts.add(repeated(unit, DEEP) + "\u0001");
    }
    return texts;
  }

  private static boolean isLinearOn(Pattern pattern, String text) {
    try {
      pattern.matcher(new CountedText(text, (long) STEPS * text.length() + 1000)).find();
      return true;
    } catch (CountedText.TooMany | StackOverflowError e) {
      return false;
    }
  }

  private static String repeated(String unit, int length) {
    return unit.repeat(length / unit.length());
  }

  private static void ofSchema(String at, JsonNode node, Map<String, Pattern> patterns) {
    if (node.path("pattern").isTextual()) {
      patterns.put(at, Pattern.compile(node.get("pattern").asText()));
    }
    node.properties().forEach(f -> ofSchema(at + "/" + f.getKey(), f.getValue(), patterns));
    for (int i = 0; i < (node.isArray() ? node.size() : 0); i++) {
      ofSchema(at + "/" + i, node.get(i), patterns);
    }
  }

  private static void withoutLength(String at, JsonNode node, List<String> found) {
    if (node.path("pattern").isTextual() && !node.has("maxLength")) {
      found.add(at);
    }
    node.properties().forEach(f -> withoutLength(at + "/" + f.getKey(), f.getValue(), found));
    node.valueStream().filter(JsonNode::isObject).forEach(n -> withoutLength(at + "/[]", n, found));
  }

  /** Adds the patterns in static fields. */
  private static void ofClasses(Map<String, Pattern> patterns) throws Exception {
    var classes = Path.of("target", "classes");
    try (var files = Files.walk(classes.resolve("io"))) {
      for (var file : files.filter(f -> f.toString().endsWith(".class")).toList()) {
        var name = classes.relativize(file).toString().replace('/', '.').replace(".class", "");
        if (name.endsWith("package-info") || name.startsWith(ROUTE_FILES)) {
          continue;
        }
        for (var field : Class.forName(name).getDeclaredFields()) {
          if (isPattern(field)) {
            field.setAccessible(true);
            patterns.put(name + "." + field.getName(), (Pattern) field.get(null));
          }
        }
      }
    }
  }

  private static boolean isPattern(Field field) {
    return field.getType() == Pattern.class && Modifier.isStatic(field.getModifiers());
  }

  /** Adds the patterns in calls of methods of String. */
  private static void ofCalls(Map<String, Pattern> patterns) throws IOException {
    var call =
        Pattern.compile(
            "\\.(?:matches|replaceAll|replaceFirst|split)\\(\\s*\"((?:[^\"\\\\]|\\\\.)*)\"");
    try (var files = Files.walk(Path.of("src", "main", "java"))) {
      for (var file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
        if (file.toString().replace('/', '.').contains(ROUTE_FILES)) {
          continue;
        }
        var found = call.matcher(Files.readString(file));
        while (found.find()) {
          var pattern = found.group(1).translateEscapes();
          patterns.put(file.getFileName() + " " + found.start(), Pattern.compile(pattern));
        }
      }
    }
  }

  private static byte[] resource(String name) throws IOException {
    try (var in = P28LinearPatternsTest.class.getResourceAsStream("/" + name)) {
      return in.readAllBytes();
    }
  }
}
