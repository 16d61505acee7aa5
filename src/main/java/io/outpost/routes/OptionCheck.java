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
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;

/**
 * Checks components and steps with their options against Camel's catalogue. Camel does not report
 * all unknown options: some components, such as {@code http}, send them with the request. Used by
 * one thread.
 */
final class OptionCheck {

  private static final Set<String> SENDERS =
      Set.of("to", "toD", "wireTap", "enrich", "pollEnrich", "poll");

  /** Steps whose address is an expression. */
  private static final Set<String> ROUTERS =
      Set.of("enrich", "pollEnrich", "recipientList", "routingSlip", "dynamicRouter");

  /** Those of these steps that split the address at commas. */
  private static final Set<String> LISTS = Set.of("recipientList", "routingSlip", "dynamicRouter");

  /**
   * Languages in which the address is in the file; with any other, the message gives the address.
   */
  private static final Set<String> WRITTEN = Set.of("constant", "simple");

  /**
   * Languages that are not checked against the installed ones, because other fields have the same
   * names.
   */
  private static final Set<String> VALUES = Set.of("header", "variable", "language");

  /** Elements whose address Camel uses unchanged. */
  private static final Set<String> FIXED = Set.of("to", "from", "deadLetterChannel");

  private static final Pattern VALUE = Pattern.compile("\\$(?:simple)?\\{");

  private static final String ANYWHERE =
      "`%s` lets the message choose the component: begin the address with one, such as `https://`";
  private static final String LISTED =
      "a comma in the message would be another address: use `toD`, or constant addresses in a `choice`";
  private static final String ANY_BEAN =
      "the message could name any bean or method: write both out, one step for each";
  private static final String TWICE =
      "the option `%s` would replace the address `%s`: write it into the address";
  private static final String NOT_FILLED_IN =
      "`%s` is not filled in here: use `toD`, or a setting as in {{team.address}}";

  /** Steps whose expression is a number. */
  private static final Set<String> WAITS = Set.of("delay", "throttle");

  private static final Set<String> COUNTED = Set.of("duration", "integer");

  private static final String NO_NUMBER = "`%s` wants a whole number, not `%s`";

  /** Names of fields that contain a literal value, and of fields around it. */
  private static final Set<String> LITERALS = Set.of("constant", "expression");

  private static final Set<String> ADDRESSES = Set.of("uri", "deadLetterUri");

  private final RouteLanguage language;
  private final Map<String, Map<String, RouteLanguage.Option>> own;
  private final List<String> schemes;

  /**
   * @param own the options of components that Outpost defines
   */
  OptionCheck(RouteLanguage language, Map<String, Map<String, Vocabulary.Word>> own) {
    this.language = language;
    this.own = new TreeMap<>();
    own.forEach((component, words) -> this.own.put(component, ofOurs(words)));
    this.schemes = new ArrayList<>(language.components());
    schemes.addAll(own.keySet());
    schemes.add("https");
  }

  private static Map<String, RouteLanguage.Option> ofOurs(Map<String, Vocabulary.Word> words) {
    var options = new TreeMap<String, RouteLanguage.Option>();
    words.forEach(
        (name, word) -> {
          var kind = word.type().equals("number") ? "integer" : "any";
          options.put(name, new RouteLanguage.Option(kind, null, false, false));
        });
    return options;
  }

  List<Finding> check(Field field) {
    var isUri = ADDRESSES.contains(field.key()) && !field.parent().startsWith("intercept");
    var isShort = SENDERS.contains(field.key()) && field.parent().equals("steps");
    if (ROUTERS.contains(field.parent())) {
      return router(field);
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
    if (isUri || isShort) {
      return address(field, field.text());
    }
    var found = new ArrayList<>(installed(field));
    found.addAll(ofStep(field));
    return found;
  }

  /** Reports invalid times and counts of steps; Camel's schema does not describe their form. */
  private List<Finding> ofStep(Field field) {
    var option = language.optionsOfStep(field.parent()).get(field.key());
    if (option == null || !COUNTED.contains(option.kind())) {
      return List.of();
    }
    var value = ReachCheck.withDefault(field.text());
    var mayBe = mayBe(option, value);
    var fault = "`%s` of `%s` is %s, not `%s`";
    return mayBe.isEmpty()
        ? List.of()
        : List.of(field.finding(fault.formatted(field.key(), field.parent(), mayBe, value)));
  }

  /** Checks the addresses from which a step chooses. */
  private List<Finding> router(Field field) {
    if (field.key().equals("expression") && field.value() instanceof MappingNode expression) {
      return expression.getValue().stream()
          .flatMap(it -> router(field, RouteFile.key(it.getKeyNode()), it.getValueNode()).stream())
          .toList();
    }
    return router(field, field.key(), field.value());
  }

  private List<Finding> router(Field field, String in, Node expression) {
    if (WRITTEN.contains(in) && LISTS.contains(field.parent()) && isOpen(text(expression))) {
      return List.of(field.finding(LISTED));
    }
    if (WRITTEN.contains(in)) {
      return Arrays.stream(text(expression).split("\\s*,\\s*"))
          .filter(uri -> !uri.isEmpty())
          .flatMap(uri -> address(field, uri).stream())
          .toList();
    }
    return VALUES.contains(in) || language.languages().contains(in)
        ? List.of(field.finding(ANYWHERE.formatted(in)))
        : List.of();
  }

  /** The literal value of an expression, in whichever form it is written. */
  private static String constant(Field field) {
    return field.key().equals("expression")
        ? RouteFile.field(field.value(), "constant").map(OptionCheck::text).orElse("")
        : text(field.value());
  }

  private static String text(Node expression) {
    return (expression instanceof ScalarNode
            ? RouteFile.key(expression)
            : RouteFile.text(expression, "expression"))
        .strip();
  }

  /** Reports languages and data formats that Camel has, but that this installation lacks. */
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

  /** Whether a text contains a value of the message. */
  private static boolean isOpen(String text) {
    return VALUE.matcher(text).find();
  }

  /** Whether an address is used unchanged, so that a message cannot change it. */
  private static boolean isFixed(Field field, String uri) {
    if (uri.startsWith("micrometer:")) {
      return false; // this component fills in the names of its counters itself
    }
    var isTap = field.parent().equals("wireTap") && field.beside("dynamicUri").equals("false");
    return isTap
        || field.key().equals("to") && field.parent().equals("steps")
        || ADDRESSES.contains(field.key()) && FIXED.contains(field.parent());
  }

  /** An address without its options. */
  private static String path(String uri) {
    return uri.replaceFirst("(?s)(?<!\\{\\{)\\?.*", "");
  }

  /**
   * The part of an address that decides on the component: the setting at its beginning, or its
   * scheme.
   */
  private static String begin(String uri) {
    var setting = uri.startsWith("{{") ? uri.indexOf("}}") : -1;
    return setting < 0 ? path(uri).replaceFirst("(?s):.*", "") : uri.substring(0, setting);
  }

  /** Why no route may use an address, whatever its options; empty when it may. */
  Optional<String> refused(String uri) {
    var scheme = uri.replaceFirst("(?s)[:?].*", "");
    if (isOpen(begin(uri))) {
      return Optional.of(ANYWHERE.formatted(begin(uri)));
    }
    if (!schemes.contains(scheme)) {
      var fault = "there is no component `%s`%s";
      return Optional.of(fault.formatted(scheme, Suggestion.of(scheme, schemes)));
    }
    return ReachCheck.ofAddress(scheme, uri)
        .or(
            () ->
                language.readsFile(scheme)
                    ? Optional.of("`%s` reads a file: call a bean instead".formatted(scheme))
                    : Optional.empty());
  }

  private List<Finding> address(Field field, String written) {
    var uri = ReachCheck.withDefault(written);
    if (isOpen(path(uri)) && isFixed(field, uri)) {
      return List.of(field.finding(NOT_FILLED_IN.formatted(path(uri))));
    }
    if (uri.isEmpty() || uri.startsWith("{{") && !isOpen(begin(uri))) {
      var isEmpty =
          uri.isEmpty() && field.value() instanceof ScalarNode && field.key().equals("uri");
      return isEmpty
          ? List.of(field.finding("`uri` is empty"))
          : uri.startsWith("{{") ? parameters(field, "http") : List.of();
    }
    var scheme = uri.replaceFirst("[:?].*", "");
    if (isOpen(begin(uri)) || !schemes.contains(scheme)) {
      return refused(uri).map(field::finding).stream().toList();
    }
    var found = new ArrayList<>(missing(field, "component", "component", scheme));
    if (found.isEmpty()) {
      refused(uri).map(field::finding).ifPresent(found::add);
    }
    if (uri.matches("[\\w+-]+:/*")) {
      found.add(field.finding("`%s` names nothing behind the colon".formatted(uri)));
    }
    found.addAll(ofPath(field, scheme, uri));
    found.addAll(parameters(field, scheme));
    if (uri.contains("?")) {
      for (var option : uri.substring(uri.indexOf('?') + 1).split("&")) {
        var value = option.contains("=") ? option.replaceFirst("[^=]*=", "") : "";
        found.addAll(option(scheme, option.replaceFirst("=.*", ""), value, field));
      }
    }
    return found;
  }

  /**
   * Reports parts of an address that are also given as options, and a bean that a message could
   * choose.
   */
  private List<Finding> ofPath(Field field, String scheme, String uri) {
    var options = new TreeMap<String, String>();
    if (RouteFile.field(field.owner(), "parameters").orElse(null) instanceof MappingNode given) {
      given
          .getValue()
          .forEach(
              it -> options.put(RouteFile.key(it.getKeyNode()), RouteFile.key(it.getValueNode())));
    }
    if (uri.contains("?")) {
      for (var option : uri.substring(uri.indexOf('?') + 1).split("&")) {
        options.put(option.replaceFirst("=.*", ""), option);
      }
    }
    if (scheme.equals("bean") && isOpen(path(uri) + options.values())) {
      return List.of(field.finding(ANY_BEAN));
    }
    return language.options(scheme).entrySet().stream()
        .filter(option -> path(uri).contains(":") && option.getValue().isAddress())
        .map(Map.Entry::getKey)
        .filter(options::containsKey)
        .map(name -> field.finding(TWICE.formatted(name, path(uri))))
        .toList();
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
    var ours = own.get(scheme);
    var known = ours == null ? language.options(scheme) : ours;
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

  /** What the value of an option may be, if this value is wrong; empty if it is allowed. */
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
