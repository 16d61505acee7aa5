package io.outpost.routes;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.Ordered;
import org.apache.camel.RouteConfigurationsBuilder;
import org.apache.camel.RoutesBuilder;
import org.apache.camel.builder.ExpressionBuilder;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.OutputDefinition;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.RouteConfigurationDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.SetPropertyDefinition;
import org.apache.camel.model.WireTapDefinition;
import org.apache.camel.model.errorhandler.NoErrorHandlerDefinition;
import org.jspecify.annotations.Nullable;

/**
 * Adapts the configurations of all files, after they are read and before the first route is built.
 * Configurations whose id begins with {@code every-} apply to every route. An installation's own
 * interceptions get a copy of the message on a separate route, so that they can neither fail nor
 * delay the flow. The last of the builders; used by one thread.
 */
final class Interceptions implements RoutesBuilder, RouteConfigurationsBuilder, Ordered {

  /** The prefix of the ids of configurations that apply to every route. */
  static final String EVERYWHERE = "every-";

  /** The exchange property that marks the copy for an installation's own interception. */
  static final String WATCHING = "watching";

  private final Predicate<String> isTheirs;
  private final IdentityHashMap<RouteConfigurationDefinition, String> ids = new IdentityHashMap<>();
  private final List<RouteDefinition> watchers = new ArrayList<>();

  /**
   * @param isTheirs whether a file, by its location, comes from a folder and not from the jar
   */
  Interceptions(Predicate<String> isTheirs) {
    this.isTheirs = isTheirs;
  }

  /** The id of a configuration as written in its file; null when it has none. */
  @Nullable String idOf(RouteConfigurationDefinition configuration) {
    return ids.get(configuration);
  }

  /** Whether a route was added by an installation. */
  boolean isTheirs(RouteDefinition route) {
    return isTheirs.test(String.valueOf(route.getInput().getLocation()));
  }

  @Override
  public void addRouteConfigurationsToCamelContext(CamelContext camel) {
    for (var configuration : ((ModelCamelContext) camel).getRouteConfigurationDefinitions()) {
      if (!ids.containsKey(configuration)) {
        ids.put(configuration, configuration.getId());
        apply(configuration);
      }
    }
  }

  private void apply(RouteConfigurationDefinition configuration) {
    if (String.valueOf(configuration.getId()).startsWith(EVERYWHERE)) {
      configuration.setId(null);
    }
    if (isTheirs.test(locationOf(configuration))) {
      configuration.getInterceptFroms().forEach(it -> watch(it, configuration));
      configuration.getIntercepts().forEach(it -> watch(it, configuration));
      configuration.getInterceptSendTos().stream()
          .filter(it -> !Boolean.parseBoolean(it.getSkipSendToOriginalEndpoint()))
          .forEach(it -> watch(it, configuration));
    }
  }

  /** The file of a configuration. Camel records the file only in the parts of a configuration. */
  static String locationOf(RouteConfigurationDefinition configuration) {
    return Stream.of(
            configuration.getInterceptFroms(),
            configuration.getIntercepts(),
            configuration.getInterceptSendTos(),
            configuration.getOnExceptions(),
            configuration.getOnCompletions())
        .flatMap(List::stream)
        .map(ProcessorDefinition::getLocation)
        .filter(Objects::nonNull)
        .findFirst()
        .orElse("");
  }

  /**
   * Moves the steps of an interception to a separate route, and replaces them by a tap to that
   * route.
   */
  private void watch(OutputDefinition<?> interception, RouteConfigurationDefinition around) {
    var name =
        "watch-"
            + Optional.ofNullable(interception.getId()).orElse(String.valueOf(watchers.size() + 1));
    var route = new RouteDefinition();
    route.from("direct:" + name);
    route.routeId(name);
    route.setErrorHandlerFactory(new NoErrorHandlerDefinition());
    route.setLocation(locationOf(around));
    route.setLineNumber(interception.getLineNumber());
    route.getInput().setLocation(locationOf(around));
    route.getInput().setLineNumber(interception.getLineNumber());
    route.setOutputs(new ArrayList<>(interception.getOutputs()));
    route.getOutputs().forEach(step -> step.setParent(route));
    var mark = new SetPropertyDefinition(WATCHING, ExpressionBuilder.constantExpression(true));
    mark.setId("mark-" + name);
    mark.setParent(route);
    route.getOutputs().add(0, mark);
    var tap = new WireTapDefinition<>();
    tap.setUri("direct:" + name);
    tap.setDynamicUri("false");
    tap.setExecutorService("watchers");
    tap.setId("tap-" + name);
    tap.setLocation(locationOf(around));
    tap.setLineNumber(interception.getLineNumber());
    interception.getOutputs().clear();
    interception.addOutput(tap);
    watchers.add(route);
  }

  @Override
  public int getOrder() {
    return Ordered.LOWEST;
  }

  @Override
  public void addRoutesToCamelContext(CamelContext camel) throws Exception {
    ((ModelCamelContext) camel).addRouteDefinitions(watchers);
  }

  @Override
  public Set<String> updateRoutesToCamelContext(CamelContext camel) throws Exception {
    addRoutesToCamelContext(camel);
    return Set.of();
  }

  @Override
  public void updateRouteConfigurationsToCamelContext(CamelContext camel) {
    addRouteConfigurationsToCamelContext(camel);
  }

  @Override
  public void addTemplatedRoutesToCamelContext(CamelContext camel) {
    // Interceptions make no template routes.
  }
}
