package io.outpost.routes;

import io.outpost.routes.RouteFile.Field;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.camel.catalog.CamelCatalog;
import org.apache.camel.catalog.DefaultCamelCatalog;
import org.apache.camel.tooling.model.ComponentModel;
import org.apache.camel.tooling.model.JsonMapper;
import org.yaml.snakeyaml.nodes.MappingNode;

/**
 * Whether components and their options are in Camel's catalogue. Camel itself lets an unknown
 * option of some components, such as {@code http}, go out with the request. Used by one thread.
 */
final class OptionCheck {

  private static final Set<String> SENDERS = Set.of("to", "toD", "wireTap", "enrich", "pollEnrich");

  private final CamelCatalog catalog = new DefaultCamelCatalog();
  private final Map<String, Set<String>> options = new HashMap<>();
  private final Map<String, Map<String, String>> own;
  private final List<String> schemes;

  /**
   * @param own options of components that are Outpost's own
   */
  OptionCheck(Map<String, Map<String, String>> own) {
    this.own = own;
    this.schemes = new ArrayList<>(catalog.findComponentNames());
    schemes.addAll(own.keySet());
    schemes.add("https");
  }

  List<Finding> check(Field field) {
    var isUri = field.key().equals("uri") && !field.parent().startsWith("intercept");
    var isShort = SENDERS.contains(field.key()) && field.parent().equals("steps");
    var uri = field.text();
    if (!isUri && !isShort || uri.isEmpty() || uri.startsWith("{{") || uri.startsWith("${")) {
      return uri.startsWith("{{") && isUri ? parameters(field, Optional.of("http")) : List.of();
    }
    var scheme = uri.replaceFirst("[:?].*", "");
    if (!schemes.contains(scheme)) {
      return List.of(
          field.finding(
              "there is no component `%s`%s".formatted(scheme, Suggestion.of(scheme, schemes))));
    }
    var found = new ArrayList<>(parameters(field, Optional.of(scheme)));
    if (uri.contains("?")) {
      for (var option : uri.substring(uri.indexOf('?') + 1).split("&")) {
        found.addAll(option(field, scheme, option.replaceFirst("=.*", ""), field));
      }
    }
    return found;
  }

  private List<Finding> parameters(Field field, Optional<String> scheme) {
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
        found.addAll(option(field, scheme.orElseThrow(), RouteFile.key(option.getKeyNode()), at));
      }
    }
    return found;
  }

  private List<Finding> option(Field field, String scheme, String name, Field at) {
    var known = options.computeIfAbsent(scheme, this::optionsOf);
    var isPrefixed =
        known.stream().anyMatch(option -> option.endsWith(".") && name.startsWith(option));
    return known.isEmpty() || known.contains(name) || isPrefixed || name.contains("{{")
        ? List.of()
        : List.of(
            at.finding(
                "`%s` has no option `%s`%s".formatted(scheme, name, Suggestion.of(name, known))));
  }

  /** The names of a component's options; one that ends with a dot begins many. */
  private Set<String> optionsOf(String scheme) {
    if (own.containsKey(scheme)) {
      return own.get(scheme).keySet();
    }
    var json = catalog.componentJSonSchema(scheme.equals("https") ? "http" : scheme);
    var found = new TreeSet<String>();
    if (json != null) {
      ComponentModel model = JsonMapper.generateComponentModel(json);
      model
          .getEndpointOptions()
          .forEach(
              option -> {
                found.add(option.getName());
                if (option.getPrefix() != null && option.isMultiValue()) {
                  found.add(option.getPrefix());
                }
              });
    }
    return new TreeSet<>(found);
  }
}
