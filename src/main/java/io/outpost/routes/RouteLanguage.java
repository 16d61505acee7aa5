package io.outpost.routes;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.camel.catalog.CamelCatalog;
import org.apache.camel.catalog.DefaultCamelCatalog;
import org.apache.camel.tooling.model.JsonMapper;

/**
 * What Camel itself says of its steps and components: the schema of its YAML language and its
 * catalogue, kept by whoever checks more than once, for they take longer to read than a check
 * takes. Used by one thread.
 */
final class RouteLanguage {

  private final StepNames steps = new StepNames();
  private final CamelCatalog catalog = new DefaultCamelCatalog();
  private final Collection<String> components = catalog.findComponentNames();
  private final Map<String, Set<String>> options = new HashMap<>();

  StepNames steps() {
    return steps;
  }

  /** The names of all components. */
  Collection<String> components() {
    return components;
  }

  /** The names of a component's options; one that ends with a dot begins many. */
  Set<String> options(String component) {
    return options.computeIfAbsent(component, this::read);
  }

  private Set<String> read(String component) {
    var json = catalog.componentJSonSchema(component.equals("https") ? "http" : component);
    var found = new TreeSet<String>();
    if (json != null) {
      for (var option : JsonMapper.generateComponentModel(json).getEndpointOptions()) {
        found.add(option.getName());
        if (option.getPrefix() != null && option.isMultiValue()) {
          found.add(option.getPrefix());
        }
      }
    }
    return found;
  }
}
