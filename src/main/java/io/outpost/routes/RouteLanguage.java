package io.outpost.routes;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.camel.catalog.CamelCatalog;
import org.apache.camel.catalog.DefaultCamelCatalog;
import org.apache.camel.tooling.model.BaseOptionModel;
import org.apache.camel.tooling.model.JsonMapper;
import org.jspecify.annotations.Nullable;

/**
 * Camel's own description of its steps and components: the schema of its YAML language, and its
 * catalogue. Loading takes longer than a check, so callers that check repeatedly keep the object.
 * Used by one thread.
 */
final class RouteLanguage {

  private static final Set<String> FILES = Set.of("resourceUri", "specificationUri");

  private final StepNames steps = new StepNames();
  private final CamelCatalog catalog = new DefaultCamelCatalog();
  private final Collection<String> components = catalog.findComponentNames();
  private final Collection<String> formats = catalog.findDataFormatNames();

  /** Except those that are part of Camel itself, or whose fields have other names. */
  private final Collection<String> languages = ofOthers(catalog.findLanguageNames());

  private final Map<String, Map<String, Option>> options = new HashMap<>();
  private final Map<String, Map<String, Option>> ofSteps = new HashMap<>();

  /**
   * What values an option of a component or step may have.
   *
   * @param kind {@code boolean}, {@code integer}, {@code duration}, {@code enum} and others
   * @param words the allowed words; null: any
   * @param isFile whether the value names a file or a class-path resource whose content is used
   * @param isAddress whether it is a part of the address, and not a parameter
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

  /** The names of all languages for expressions. */
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

  /** A component's options by name. A name that ends with a dot is a prefix. */
  Map<String, Option> options(String component) {
    return options.computeIfAbsent(component, this::read);
  }

  /** The options of a step, or of a part of one such as {@code redeliveryPolicy}, by name. */
  Map<String, Option> optionsOfStep(String step) {
    return ofSteps.computeIfAbsent(step, this::readStep);
  }

  private Map<String, Option> readStep(String step) {
    var json = catalog.modelJSonSchema(step);
    return json == null
        ? Map.of()
        : JsonMapper.generateEipModel(json).getOptions().stream()
            .collect(
                Collectors.toMap(
                    BaseOptionModel::getName,
                    option -> new Option(option.getType(), option.getEnums(), false, false),
                    (first, second) -> first));
  }

  /** Whether a component uses the content of the file or class-path resource in its address. */
  boolean readsFile(String component) {
    return options(component).values().stream().anyMatch(it -> it.isFile() && it.isAddress());
  }

  /**
   * Whether an option names a file. Older components lack the catalogue's mark, but use these
   * names.
   */
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
