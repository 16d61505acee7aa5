package io.outpost.routes;

import io.outpost.routes.RouteFile.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.SequenceNode;

/**
 * Checks that a configuration has an effect, and that it changes no other flow: one that applies to
 * every route may watch the routes, but not handle their failures, calls or answers. Stateless.
 */
final class ConfigurationCheck {

  private static final List<String> PARTS =
      List.of(
          "intercept",
          "interceptFrom",
          "interceptSendToEndpoint",
          "onException",
          "onCompletion",
          "errorHandler");

  private static final String TAKES_OVER =
      "%s in every flow: give the configuration an id that does not begin with "
          + Interceptions.EVERYWHERE
          + " and name it in the routeConfigurationId of your routes";

  private static final String IN_CALLS =
      "%s in every flow, whichever routes name the configuration: leave it out, or replace the"
          + " file that has the call";

  private ConfigurationCheck() {}

  /**
   * The faults of the configurations in a file.
   *
   * @param isAdded whether the file is an installation's own, and does not replace a shipped file
   *     with configurations
   */
  static List<Finding> check(RouteFile file, boolean isAdded) {
    var found = new ArrayList<Finding>();
    for (var field : file.fields()) {
      if (field.parent().isEmpty() && field.key().equals("routeConfiguration")) {
        check(field, isAdded, found);
      }
    }
    return found;
  }

  private static void check(Field configuration, boolean isAdded, List<Finding> found) {
    if (PARTS.stream().allMatch(part -> isNothing(RouteFile.field(configuration.value(), part)))) {
      found.add(configuration.finding("does nothing: add `interceptFrom`, or remove it"));
    }
    var id = RouteFile.text(configuration.value(), "id");
    if (isAdded) {
      // Camel applies this element to every flow, even if only some routes name the configuration.
      if (within(configuration.value(), "skipSendToOriginalEndpoint")
          .anyMatch(value -> !RouteFile.key(value).equalsIgnoreCase("false"))) {
        found.add(
            configuration.finding(
                IN_CALLS.formatted("`skipSendToOriginalEndpoint` would leave out a call")));
      }
      if (within(configuration.value(), "afterUri").findAny().isPresent()) {
        found.add(
            configuration.finding(IN_CALLS.formatted("`afterUri` would be part of the call")));
      }
    }
    if (isAdded && (id.isEmpty() || id.startsWith(Interceptions.EVERYWHERE))) {
      for (var part : List.of("onException", "errorHandler")) {
        if (RouteFile.field(configuration.value(), part).isPresent()) {
          found.add(
              configuration.finding(
                  TAKES_OVER.formatted("`%s` would handle failures".formatted(part))));
        }
      }
      if (within(configuration.value(), "mode")
          .anyMatch(value -> RouteFile.key(value).equalsIgnoreCase("BeforeConsumer"))) {
        found.add(
            configuration.finding(TAKES_OVER.formatted("`BeforeConsumer` would change answers")));
      }
    }
  }

  private static boolean isNothing(Optional<Node> part) {
    return part.isEmpty()
        || part.get() instanceof SequenceNode list && list.getValue().isEmpty()
        || part.get() instanceof MappingNode fields && fields.getValue().isEmpty();
  }

  /** All values of a field, however deeply nested. */
  private static Stream<Node> within(Node node, String name) {
    return switch (node) {
      case SequenceNode list -> list.getValue().stream().flatMap(entry -> within(entry, name));
      case MappingNode fields ->
          fields.getValue().stream()
              .flatMap(
                  field ->
                      RouteFile.key(field.getKeyNode()).equals(name)
                          ? Stream.of(field.getValueNode())
                          : within(field.getValueNode(), name));
      default -> Stream.empty();
    };
  }
}
