package io.outpost.routes;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.apache.camel.RouteConfigurationsBuilder;
import org.apache.camel.RoutesBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.spi.PropertiesSource;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.PluginHelper;
import org.jspecify.annotations.Nullable;

/**
 * Camel's model of some files, in a separate context that is never started. Shows what a start
 * would do, without AWS and without affecting the running routes. Used by one thread.
 */
final class RouteModel {

  private final DefaultCamelContext camel = new DefaultCamelContext();
  private final Interceptions interceptions;
  private final List<Finding> findings = new ArrayList<>();

  /**
   * @param isTheirs whether a file, by its location, comes from a folder and not from the jar
   * @param known the names that an installation has
   */
  RouteModel(Collection<Resource> files, Predicate<String> isTheirs, Known known) {
    interceptions = new Interceptions(isTheirs);
    camel.addModelLifecycleStrategy(new RouteIds());
    camel.addModelLifecycleStrategy(new AdmissionGuard(known.operations()));
    camel.getPropertiesComponent().addPropertiesSource(new Settings(known.setting()));
    var builders = new ArrayList<RoutesBuilder>();
    for (var file : files) {
      attempt(
          file,
          () -> builders.addAll(PluginHelper.getRoutesLoader(camel).findRoutesBuilders(file)));
    }
    builders.add(interceptions);
    builders.forEach(
        builder -> {
          if (builder instanceof RouteConfigurationsBuilder configurations) {
            attempt(builder, () -> camel.addRoutesConfigurations(configurations));
          }
        });
    builders.forEach(builder -> attempt(builder, () -> camel.addRoutes(builder)));
    builders.forEach(builder -> attempt(builder, () -> camel.addTemplatedRoutes(builder)));
  }

  /** The faults that Camel found while reading, by file. */
  List<Finding> findings() {
    return findings;
  }

  DefaultCamelContext camel() {
    return camel;
  }

  Interceptions interceptions() {
    return interceptions;
  }

  private interface Step {
    void run() throws Exception;
  }

  private void attempt(Object source, Step step) {
    try {
      step.run();
    } catch (Exception e) {
      findings.add(Finding.of(name(source), e));
    }
  }

  private static String name(Object source) {
    return switch (source) {
      case Resource file -> RouteFile.nameOf(file.getLocation());
      case org.apache.camel.spi.ResourceAware builder when builder.getResource() != null ->
          RouteFile.nameOf(builder.getResource().getLocation());
      default -> "routes";
    };
  }

  /**
   * Supplies a value for missing settings, so that they do not hide other faults; they are reported
   * elsewhere.
   */
  private record Settings(UnaryOperator<String> values) implements PropertiesSource {
    @Override
    public String getName() {
      return "settings";
    }

    @Override
    public String getProperty(String name) {
      return getProperty(name, null);
    }

    @Override
    public String getProperty(String name, @Nullable String otherwise) {
      return Optional.ofNullable(values.apply(name))
          .or(() -> Optional.ofNullable(otherwise))
          .orElse("unset");
    }
  }
}
