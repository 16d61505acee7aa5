package io.outpost.routes;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.camel.catalog.CamelCatalog;
import org.apache.camel.catalog.DefaultCamelCatalog;
import org.apache.camel.tooling.model.BaseOptionModel;
import org.apache.camel.tooling.model.JsonMapper;
import org.jspecify.annotations.Nullable;

/**
 * Camel's own description of its steps and components: the schema of its YAML language and its
 * catalogue. It is cached by callers that check more than once, because loading takes longer than a
 * check. Used by one thread.
 */
final class RouteLanguage {

  private static final Set<String> FILES = Set.of("resourceUri", "specificationUri");

  private final StepNames steps = new StepNames();
  private final CamelCatalog catalog = new DefaultCamelCatalog();
  private final Collection<String> components = catalog.findComponentNames();
  private final Collection<String> formats = catalog.findDataFormatNames();

  /** Without those that are part of Camel itself, or that have other field names. */
  private final Collection<String> languages = ofOthers(catalog.findLanguageNames());

  private final Map<String, Map<String, Option>> options = new HashMap<>();

  /**
   * The allowed values of a component's option.
   *
   * @param kind {@code boolean}, {@code integer}, {@code duration}, {@code enum} and others
   * @param words the allowed words; null: any
   * @param isFile whether its value names a file or a class-path resource, whose content is used
   * @param isAddress whether it is a part of the address, and no parameter
   */
  record Option(String kind, @Nullable List<String> words, boolean isFile, boolean isAddress) {}

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

  /** Whether a text is a duration in Camel's form. */
  boolean isDuration(String text) {
    return text.matches("-?\\d+") || catalog.validateTimePattern(text);
  }

  /** A component's options by name; a name that ends with a dot is a prefix. */
  Map<String, Option> options(String component) {
    return options.computeIfAbsent(component, this::read);
  }

  /** Whether a component works with the file or class-path resource that its address names. */
  boolean readsFile(String component) {
    return options(component).values().stream().anyMatch(it -> it.isFile() && it.isAddress());
  }

  /** Older components lack the catalogue's mark, and have the name in common. */
  private static boolean isFile(BaseOptionModel option) {
    return option.isSupportFileReference() || FILES.contains(option.getName());
  }

  private Map<String, Option> read(String component) {
    var json = catalog.componentJSonSchema(component.equals("https") ? "http" : component);
    var found = new TreeMap<String, Option>();
    if (json != null) {
      for (var option : JsonMapper.generateComponentModel(json).getEndpointOptions()) {
        found.put(
            option.getName(),
            new Option(
                option.getType(),
                option.getEnums(),
                isFile(option),
                "path".equals(option.getKind())));
        if (option.getPrefix() != null && option.isMultiValue()) {
          found.put(option.getPrefix(), new Option("any", null, false, false));
        }
      }
    }
    return found;
  }
}
