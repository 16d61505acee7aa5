package io.outpost.routes;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.util.ClassUtils;

/**
 * The vocabulary of the routes: the names and types of the data that steps exchange, and the Java
 * steps that routes may call. Immutable.
 *
 * @param properties exchange properties, which stay with a message in every route
 * @param variables variables: the arguments and answers of one call
 * @param headers headers that routes read, set or hand to a component
 * @param points extension points, by the name after {@code direct:}
 * @param beans the steps in Java: bean, method, and what it does
 * @param components options of components that Outpost defines
 * @param required the steps, each as {@code bean.method} or {@code direct:name}, that a route must
 *     have, itself or in the routes it calls, by the name after {@code direct:} where it starts
 */
record Vocabulary(
    Map<String, Word> properties,
    Map<String, Word> variables,
    Map<String, Word> headers,
    @JsonProperty("extension-points") Map<String, Point> points,
    Map<String, Map<String, String>> beans,
    Map<String, Map<String, Word>> components,
    Map<String, List<String>> required) {

  static final String FILE = "vocabulary.yaml";

  private static final ObjectReader READER =
      YAMLMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build()
          .readerFor(Vocabulary.class);

  /** An empty vocabulary. */
  static final Vocabulary NONE =
      new Vocabulary(Map.of(), Map.of(), Map.of(), Map.of(), Map.of(), Map.of(), Map.of());

  /**
   * A name for data.
   *
   * @param type a Java class, {@code text}, {@code number}, {@code boolean} or {@code any}
   * @param means what it means, as a clause
   * @param from {@code java} when a Java step or a component sets it, {@code extension} when an
   *     installation's own route does, otherwise null
   * @param to {@code java} when a Java step or a component reads it, otherwise null
   */
  record Word(String type, String means, @Nullable String from, @Nullable String to) {}

  /**
   * An extension point.
   *
   * @param when at which moment it is called
   * @param data the data for the route
   * @param errors what happens when it fails
   */
  record Point(String when, String data, String errors) {}

  /** The shipped vocabulary. */
  static Vocabulary ours() {
    try (var file = Vocabulary.class.getResourceAsStream("/routes/" + FILE)) {
      return read(Objects.requireNonNull(file, "The jar has a vocabulary"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Vocabulary read(InputStream file) throws IOException {
    return READER.readValue(file);
  }

  /** A finding about an invalid file, for its author. */
  static Finding fault(JsonProcessingException e) {
    var line = e.getLocation() == null ? 1 : Math.max(1, e.getLocation().getLineNr());
    return new Finding(
        FILE,
        line,
        "",
        "",
        switch (e) {
          case UnrecognizedPropertyException field -> {
            var known = field.getKnownPropertyIds().stream().map(String::valueOf).toList();
            var name = field.getPropertyName();
            yield "there is no field `%s`%s".formatted(name, Suggestion.of(name, known));
          }
          case MismatchedInputException form -> {
            var path =
                form.getPath().stream()
                    .map(JsonMappingException.Reference::getFieldName)
                    .filter(Objects::nonNull)
                    .collect(Collectors.joining("."));
            yield path.isEmpty()
                ? "is no vocabulary: write `properties:` and below it a name for each"
                : "`%s` has fields, as in { type: text, means: what it is }".formatted(path);
          }
          default -> "is no YAML: " + e.getOriginalMessage().lines().findFirst().orElse("");
        });
  }

  /** The types in a vocabulary that name no existing class. */
  List<Finding> unknownTypes(String text) {
    var lines = text.lines().toList();
    return Stream.of(properties, variables, headers)
        .flatMap(words -> words.values().stream())
        .map(word -> String.valueOf(word.type()))
        .filter(type -> type.contains(".") && !ClassUtils.isPresent(type, null))
        .distinct()
        .map(
            type -> {
              var at = IntStream.range(0, lines.size()).filter(i -> lines.get(i).contains(type));
              var line = at.findFirst().orElse(0) + 1;
              return new Finding(FILE, line, "", "", "there is no class `%s`".formatted(type));
            })
        .toList();
  }

  /**
   * The shipped names to which a folder's vocabulary gives another meaning. Shipped routes use
   * these names, and would be checked against the wrong meaning.
   *
   * @param text of the folder's vocabulary
   */
  List<Finding> redefinedBy(Vocabulary theirs, String text) {
    var fields = RouteFile.parse(FILE, text).fields();
    var others = theirs.sections();
    return sections().entrySet().stream()
        .flatMap(
            section -> {
              var words = section.getValue();
              return others.getOrDefault(section.getKey(), Map.of()).entrySet().stream()
                  .filter(word -> words.containsKey(word.getKey()))
                  .filter(word -> !Objects.equals(word.getValue(), words.get(word.getKey())))
                  .map(word -> taken(section.getKey(), word.getKey(), fields));
            })
        .toList();
  }

  private static Finding taken(String section, String name, List<RouteFile.Field> fields) {
    return fields.stream()
        .filter(field -> field.parent().equals(section) && field.key().equals(name))
        .findFirst()
        .orElseThrow()
        .finding("`%s.%s` is taken by Outpost: choose another name".formatted(section, name));
  }

  private Map<String, Map<String, ?>> sections() {
    return Map.of(
        "properties", properties,
        "variables", variables,
        "headers", headers,
        "extension-points", points,
        "beans", beans,
        "components", components,
        "required", required);
  }

  Vocabulary {
    properties = orEmpty(properties);
    variables = orEmpty(variables);
    headers = orEmpty(headers);
    points = orEmpty(points);
    beans = orEmpty(beans);
    components = orEmpty(components);
    required = orEmpty(required);
  }

  /** This vocabulary together with another. */
  Vocabulary and(Vocabulary other) {
    return new Vocabulary(
        join(properties, other.properties),
        join(variables, other.variables),
        join(headers, other.headers),
        join(points, other.points),
        join(beans, other.beans),
        join(components, other.components),
        join(required, other.required));
  }

  private static <T> Map<String, T> orEmpty(@Nullable Map<String, T> map) {
    return map == null ? Map.of() : map;
  }

  private static <T> Map<String, T> join(Map<String, T> one, Map<String, T> other) {
    var all = new LinkedHashMap<>(one);
    all.putAll(other);
    return all;
  }
}
