package io.outpost.routes;

import io.outpost.routes.RouteFile.Field;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;

/**
 * Checks components and their options against Camel's catalogue. Camel itself sends unknown options
 * of some components, such as {@code http}, with the request. Used by one thread.
 */
final class OptionCheck {

  private static final Set<String> SENDERS =
      Set.of("to", "toD", "wireTap", "enrich", "pollEnrich", "poll");

  /** Steps whose address is an expression; a constant one can be checked. */
  private static final Set<String> ROUTERS =
      Set.of("enrich", "pollEnrich", "recipientList", "routingSlip", "dynamicRouter");

  /** Steps whose expression is a number. */
  private static final Set<String> WAITS = Set.of("delay", "throttle");

  private static final String NO_NUMBER = "`%s` wants a whole number, not `%s`";

  /** Names of fields with a literal, and of fields around it. */
  private static final Set<String> LITERALS = Set.of("constant", "expression");

  private static final Set<String> ADDRESSES = Set.of("uri", "deadLetterUri");

  private final RouteLanguage language;
  private final Map<String, Map<String, String>> own;
  private final List<String> schemes;

  /**
   * @param own options of components that are Outpost's own
   */
  OptionCheck(RouteLanguage language, Map<String, Map<String, String>> own) {
    this.language = language;
    this.own = own;
    this.schemes = new ArrayList<>(language.components());
    schemes.addAll(own.keySet());
    schemes.add("https");
  }

  List<Finding> check(Field field) {
    var isUri = ADDRESSES.contains(field.key()) && !field.parent().startsWith("intercept");
    var isShort = SENDERS.contains(field.key()) && field.parent().equals("steps");
    if (ROUTERS.contains(field.parent()) && LITERALS.contains(field.key())) {
      var each = constant(field).split("\\s*,\\s*");
      return Arrays.stream(each)
          .filter(uri -> !uri.isEmpty())
          .flatMap(uri -> address(field, uri).stream())
          .toList();
    }
    if (WAITS.contains(field.parent()) && LITERALS.contains(field.key())) {
      var time = constant(field);
      return time.isEmpty() || time.contains("{{") || time.matches("\\d+")
          ? List.of()
          : List.of(field.finding(NO_NUMBER.formatted(field.parent(), time)));
    }
    if (field.key().equals("kamelet") && field.parent().equals("steps")) {
      return address(field, "kamelet:x");
    }
    return isUri || isShort ? address(field, field.text()) : installed(field);
  }

  /** The literal of an expression, in each form in which it can be written. */
  private static String constant(Field field) {
    var node = Optional.<Node>of(field.value());
    if (field.key().equals("expression")) {
      node = RouteFile.field(field.value(), "constant");
    }
    return node.map(
            value ->
                value instanceof ScalarNode
                    ? RouteFile.key(value)
                    : RouteFile.text(value, "expression"))
        .orElse("")
        .strip();
  }

  /** Reports languages and data formats that Camel has and this installation lacks. */
  private List<Finding> installed(Field field) {
    if (Set.of("marshal", "unmarshal").contains(field.parent())
        && field.value() instanceof MappingNode
        && (field.key().equals("json") || language.formats().contains(field.key()))) {
      var name = RouteFile.text(field.value(), "library");
      var format = field.key().equals("json") ? (name.isEmpty() ? "jackson" : name) : field.key();
      return missing(field, "dataformat", "data format", format);
    }
    var isExpression =
        field.value() instanceof ScalarNode
            || RouteFile.field(field.value(), "expression").isPresent();
    return language.languages().contains(field.key())
            && isExpression
            && !field.parent().equals("parameters")
        ? missing(field, "language", "language", field.key())
        : List.of();
  }

  private List<Finding> missing(Field field, String kind, String what, String name) {
    var isThere =
        language.isInstalled(kind, name)
            || language.isInstalled(kind, name.toLowerCase(Locale.ROOT))
            || own.containsKey(name);
    return isThere
        ? List.of()
        : List.of(field.finding("the %s `%s` is not in this installation".formatted(what, name)));
  }

  private List<Finding> address(Field field, String written) {
    var uri = ReachCheck.withDefault(written);
    if (uri.isEmpty() || uri.startsWith("{{") || uri.startsWith("${")) {
      var isEmpty =
          uri.isEmpty() && field.value() instanceof ScalarNode && field.key().equals("uri");
      return isEmpty
          ? List.of(field.finding("`uri` is empty"))
          : uri.startsWith("{{") ? parameters(field, "http") : List.of();
    }
    var scheme = uri.replaceFirst("[:?].*", "");
    if (!schemes.contains(scheme)) {
      return List.of(
          field.finding(
              "there is no component `%s`%s".formatted(scheme, Suggestion.of(scheme, schemes))));
    }
    var found = new ArrayList<>(missing(field, "component", "component", scheme));
    ReachCheck.ofAddress(scheme, uri).map(field::finding).ifPresent(found::add);
    if (found.isEmpty() && language.readsFile(scheme)) {
      found.add(field.finding("`%s` reads a file: call a bean instead".formatted(scheme)));
    }
    if (uri.matches("[\\w+-]+:/*")) {
      found.add(field.finding("`%s` names nothing behind the colon".formatted(uri)));
    }
    found.addAll(parameters(field, scheme));
    if (uri.contains("?")) {
      for (var option : uri.substring(uri.indexOf('?') + 1).split("&")) {
        var value = option.contains("=") ? option.replaceFirst("[^=]*=", "") : "";
        found.addAll(option(scheme, option.replaceFirst("=.*", ""), value, field));
      }
    }
    return found;
  }

  private List<Finding> parameters(Field field, String scheme) {
    var found = new ArrayList<Finding>();
    if (RouteFile.field(field.owner(), "parameters").orElse(null) instanceof MappingNode options) {
      for (var option : options.getValue()) {
        var at =
            new Field(
                field.file(),
                RouteFile.line(option.getKeyNode()),
                field.route(),
                field.step(),
                "parameters",
                "",
                option.getValueNode(),
                options);
        var name = RouteFile.key(option.getKeyNode());
        found.addAll(option(scheme, name, RouteFile.key(option.getValueNode()), at));
      }
    }
    return found;
  }

  private List<Finding> option(String scheme, String name, String value, Field at) {
    if (own.containsKey(scheme)) {
      return unknown(scheme, name, own.get(scheme).keySet(), at);
    }
    var known = language.options(scheme);
    var isPrefixed =
        known.keySet().stream().anyMatch(option -> option.endsWith(".") && name.startsWith(option));
    if (known.isEmpty() || isPrefixed || name.contains("{{")) {
      return List.of();
    }
    if (!known.containsKey(name)) {
      return unknown(scheme, name, known.keySet(), at);
    }
    if (known.get(name).isFile()) {
      var reads = "the option `%s` of `%s` reads a file: leave it out";
      return List.of(at.finding(reads.formatted(name, scheme)));
    }
    var mayBe = mayBe(known.get(name), value);
    var fault = "the option `%s` of `%s` is %s, not `%s`";
    return mayBe.isEmpty()
        ? List.of()
        : List.of(at.finding(fault.formatted(name, scheme, mayBe, value)));
  }

  private static List<Finding> unknown(
      String scheme, String name, Collection<String> known, Field at) {
    return known.contains(name) || name.contains("{{")
        ? List.of()
        : List.of(
            at.finding(
                "`%s` has no option `%s`%s".formatted(scheme, name, Suggestion.of(name, known))));
  }

  /** The allowed values of an option when it cannot have this one; otherwise empty. */
  private String mayBe(RouteLanguage.Option option, String value) {
    if (value.isEmpty() || value.matches("(?s).*(\\{\\{|\\$\\{|RAW\\().*|#.*")) {
      return "";
    }
    return switch (option.kind()) {
      case "boolean" -> value.matches("(?i)true|false") ? "" : "true or false";
      case "integer" -> value.matches("-?\\d+") ? "" : "a whole number";
      case "number" -> value.matches("-?\\d+(\\.\\d+)?") ? "" : "a number";
      case "duration" -> language.isDuration(value) ? "" : "a time such as 500 or 30s";
      case "enum" ->
          option.words() == null || option.words().stream().anyMatch(value::equalsIgnoreCase)
              ? ""
              : "one of " + String.join(", ", option.words());
      default -> "";
    };
  }
}
