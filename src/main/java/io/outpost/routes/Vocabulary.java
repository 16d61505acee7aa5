package io.outpost.routes;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The words of the routes: what steps leave for each other, under which name and of which type, and
 * what they may call. Immutable.
 *
 * @param properties exchange properties: they go with a message into every route that it takes
 * @param variables variables: the arguments and answers of one call
 * @param headers headers that routes read, set or hand to a component
 * @param points where routes of somebody's own are called, by the name behind {@code direct:}
 * @param beans the steps in Java: bean, method, what it does
 * @param components options of components that are Outpost's own
 */
record Vocabulary(
    Map<String, Word> properties,
    Map<String, Word> variables,
    Map<String, Word> headers,
    @JsonProperty("extension-points") Map<String, Point> points,
    Map<String, Map<String, String>> beans,
    Map<String, Map<String, String>> components) {

  static final String FILE = "vocabulary.yaml";

  /** No word. */
  static final Vocabulary NONE =
      new Vocabulary(Map.of(), Map.of(), Map.of(), Map.of(), Map.of(), Map.of());

  /**
   * A name that carries data.
   *
   * @param type a Java class, {@code text}, {@code number}, {@code boolean} or {@code any}
   * @param means what it is, in a clause
   * @param from {@code java} when a step in Java or a component sets it, {@code extension} when a
   *     route of somebody's own does, else null
   * @param to {@code java} when a step in Java or a component reads it, else null
   */
  record Word(String type, String means, @Nullable String from, @Nullable String to) {}

  /**
   * A place where routes of somebody's own are called.
   *
   * @param when at which moment
   * @param data what the route finds
   * @param errors what happens when it fails
   */
  record Point(String when, String data, String errors) {}

  /** Ours. */
  static Vocabulary ours() {
    try (var file = Vocabulary.class.getResourceAsStream("/routes/" + FILE)) {
      return read(Objects.requireNonNull(file, "The jar has a vocabulary"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Vocabulary read(InputStream file) throws IOException {
    return new ObjectMapper(new YAMLFactory()).readValue(file, Vocabulary.class);
  }

  Vocabulary {
    properties = orEmpty(properties);
    variables = orEmpty(variables);
    headers = orEmpty(headers);
    points = orEmpty(points);
    beans = orEmpty(beans);
    components = orEmpty(components);
  }

  /** These words and others. */
  Vocabulary and(Vocabulary other) {
    return new Vocabulary(
        join(properties, other.properties),
        join(variables, other.variables),
        join(headers, other.headers),
        join(points, other.points),
        join(beans, other.beans),
        join(components, other.components));
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
