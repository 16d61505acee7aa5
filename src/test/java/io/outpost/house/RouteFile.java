package io.outpost.house;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;

/**
 * A route file as a tree.
 *
 * @param name folder and file, for example {@code api/jobs.camel.yaml}
 * @param tree the list of routes and configurations
 */
record RouteFile(String name, JsonNode tree) {

  /** A step: its kind, for example {@code choice}, and its content. */
  record Step(String kind, JsonNode node) {
    String id() {
      return node.path("id").asText();
    }
  }

  /** Every file under {@code routes/}. */
  static List<RouteFile> all() throws IOException {
    var found =
        new PathMatchingResourcePatternResolver().getResources("classpath:routes/**/*.camel.yaml");
    var files = new ArrayList<RouteFile>();
    for (Resource file : found) {
      var url = file.getURL().toString();
      var tree = new ObjectMapper(new YAMLFactory()).readTree(file.getInputStream());
      files.add(new RouteFile(url.substring(url.lastIndexOf("/routes/") + 8), tree));
    }
    return List.copyOf(files);
  }

  /** The routes of all files. */
  static Stream<JsonNode> allRoutes() throws IOException {
    return all().stream().flatMap(RouteFile::routes);
  }

  Stream<JsonNode> routes() {
    return tree.findValues("route").stream();
  }

  /** Every step, at any depth. */
  Stream<Step> steps() {
    return fields(tree)
        .filter(field -> field.name().equals("steps"))
        .flatMap(field -> field.value().valueStream())
        .flatMap(JsonNode::propertyStream)
        .map(step -> new Step(step.getKey(), step.getValue()));
  }

  /** Every text value in the file. */
  Stream<String> texts() {
    return nodes(tree).filter(JsonNode::isTextual).map(JsonNode::asText);
  }

  /** All matches of a pattern in the texts. */
  Stream<MatchResult> find(Pattern pattern) {
    return texts().flatMap(text -> pattern.matcher(text).results());
  }

  /** Every field with its name, at any depth. */
  Stream<Field> fields() {
    return fields(tree);
  }

  /** A field of an object. */
  record Field(String name, JsonNode value) {}

  /** The address where a route starts. */
  static String from(JsonNode route) {
    return route.at("/from/uri").asText();
  }

  @Override
  public String toString() {
    return name;
  }

  private static Stream<Field> fields(JsonNode node) {
    return nodes(node)
        .flatMap(JsonNode::propertyStream)
        .map(field -> new Field(field.getKey(), field.getValue()));
  }

  private static Stream<JsonNode> nodes(JsonNode node) {
    return Stream.concat(Stream.of(node), node.valueStream().flatMap(RouteFile::nodes));
  }
}
