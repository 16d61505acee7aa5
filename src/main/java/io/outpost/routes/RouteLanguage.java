package io.outpost.routes;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.camel.catalog.CamelCatalog;
import org.apache.camel.catalog.DefaultCamelCatalog;
import org.apache.camel.tooling.model.JsonMapper;
import org.jspecify.annotations.Nullable;

/**
 * What Camel itself says of its steps and components: the schema of its YAML language and its
 * catalogue, kept by whoever checks more than once, for they take longer to read than a check
 * takes. Used by one thread.
 */
final class RouteLanguage {

  private final StepNames steps = new StepNames();
  private final CamelCatalog catalog = new DefaultCamelCatalog();
  private final Collection<String> components = catalog.findComponentNames();
  private final Collection<String> formats = catalog.findDataFormatNames();

  /** Less those that are part of Camel itself, or of other names as a field. */
  private final Collection<String> languages = ofOthers(catalog.findLanguageNames());

  private final Map<String, Map<String, Option>> options = new HashMap<>();

  /**
   * What an option of a component may be.
   *
   * @param kind {@code boolean}, {@code integer}, {@code duration}, {@code enum} and others
   * @param words those that it may be; null when it may be any
   */
  record Option(String kind, @Nullable List<String> words) {}

  StepNames steps() {
    return steps;
  }

  /** The names of all components. */
  Collection<String> components() {
    return components;
  }

  /** The names of all data formats. */
  Collection<String> formats() {
    return formats;
  }

  /** The names of all languages that expressions may be in. */
  Collection<String> languages() {
    return languages;
  }

  private static Collection<String> ofOthers(Collection<String> languages) {
    var names = new TreeSet<>(languages);
    names.removeAll(List.of("ref", "file", "header", "variable", "method", "bean", "language"));
    return names;
  }

  /** Whether this installation has a component, language or data format. */
  boolean isInstalled(String kind, String name) {
    return RouteLanguage.class.getResource(
            "/META-INF/services/org/apache/camel/" + kind + "/" + name)
        != null;
  }

  /** Whether text says how long something takes, as Camel reads it. */
  boolean isDuration(String text) {
    return text.matches("-?\\d+") || catalog.validateTimePattern(text);
  }

  /** A component's options by their names; one that ends with a dot begins many. */
  Map<String, Option> options(String component) {
    return options.computeIfAbsent(component, this::read);
  }

  private Map<String, Option> read(String component) {
    var json = catalog.componentJSonSchema(component.equals("https") ? "http" : component);
    var found = new TreeMap<String, Option>();
    if (json != null) {
      for (var option : JsonMapper.generateComponentModel(json).getEndpointOptions()) {
        found.put(option.getName(), new Option(option.getType(), option.getEnums()));
        if (option.getPrefix() != null && option.isMultiValue()) {
          found.put(option.getPrefix(), new Option("any", null));
        }
      }
    }
    return found;
  }
}
