package io.outpost.routes;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.camel.CamelContext;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.RouteConfigurationDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.RouteDefinitionHelper;
import org.apache.camel.spi.RouteFactory;

/**
 * Replaces the running routes by those of another model: all or none. A route that still starts in
 * the same way keeps its consumer and gets new steps; messages in progress are not interrupted.
 * Used by one thread at a time.
 */
final class LiveRoutes {

  private final ModelCamelContext camel;
  private final Underway underway = new Underway();

  /** Old steps that get no new messages. */
  private final List<LiveRoute.Steps> leaving = new ArrayList<>();

  /** Routes that are no longer in any file, but that messages in progress may still call. */
  private final Set<String> retired = new HashSet<>();

  /** Makes Camel's routes replaceable. Must be created before the first route is built. */
  LiveRoutes(CamelContext camel, TrafficBook traffic) {
    this.camel = (ModelCamelContext) camel;
    camel.setInflightRepository(underway);
    camel
        .getCamelContextExtension()
        .addContextPlugin(
            RouteFactory.class,
            (context, definition, id, about, note, endpoint, resource) ->
                LiveRoute.create(
                    context, definition, id, about, note, endpoint, resource, traffic.of(id)));
  }

  /**
   * Replaces the routes that have changed.
   *
   * @param isChanged whether a route with the same id may behave differently
   * @throws Exception when Camel cannot build one of the routes; then all stay as they were
   */
  void become(
      Collection<RouteDefinition> wanted,
      Collection<RouteConfigurationDefinition> configurations,
      Predicate<RouteDefinition> isChanged)
      throws Exception {
    var now = new LinkedHashMap<String, RouteDefinition>();
    camel.getRouteDefinitions().forEach(route -> now.put(route.getRouteId(), route));
    var changes = new Changes(now);
    RouteDefinitionHelper.forceAssignIds(camel, List.copyOf(wanted));
    for (var route : wanted) {
      var before = now.remove(route.getRouteId());
      if (before == null) {
        changes.added.add(route);
      } else if (camel.getRoute(route.getRouteId()) instanceof LiveRoute
          && (retired.contains(route.getRouteId()) || isChanged.test(route))) {
        changes.add(before, route);
      }
    }
    now.values().stream()
        .filter(route -> !retired.contains(route.getRouteId()))
        .forEach(changes.gone::add);
    changes.apply(wanted);
    camel.getRouteConfigurationDefinitions().clear();
    camel.getRouteConfigurationDefinitions().addAll(configurations);
  }

  /** Stops old steps that have become empty. Called repeatedly. */
  void tidy() throws Exception {
    for (var steps : List.copyOf(leaving)) {
      if (steps.inside() == 0) {
        steps.prepareStop(false, false);
      }
      if (steps.inside() == 0) {
        leaving.remove(steps);
        steps.stop();
      }
    }
    if (leaving.isEmpty() && !retired.isEmpty()) {
      for (var id : retired) {
        if (underway.size(id) > 0) {
          return;
        }
      }
      for (var id : List.copyOf(retired)) {
        remove(id);
        retired.remove(id);
      }
      tidy();
    }
  }

  /** Stops a route's consumer at once and removes the route. Its steps finish their messages. */
  private void remove(String id) throws Exception {
    var route = (LiveRoute) camel.getRoute(id);
    route.leave();
    underway.withoutWaiting(
        id,
        () -> {
          camel.getRouteController().stopRoute(id);
          camel.removeRoute(id);
        });
    leaving.add(route.current());
    camel.getRouteDefinitions().removeIf(definition -> definition.getRouteId().equals(id));
  }

  private static String start(RouteDefinition route) {
    return String.valueOf(route.getInput().getEndpointUri()).replaceFirst("^direct://", "direct:");
  }

  private static boolean startsAlike(RouteDefinition one, RouteDefinition other) {
    return start(one).equals(start(other))
        && Objects.equals(one.getAutoStartup(), other.getAutoStartup())
        && Objects.equals(one.getStartupOrder(), other.getStartupOrder());
  }

  /** The actions of one replacement, which are undone when one of them fails. */
  private final class Changes {

    private final Map<String, RouteDefinition> before;
    private final List<RouteDefinition> added = new ArrayList<>();
    private final List<RouteDefinition> gone = new ArrayList<>();
    private final Map<RouteDefinition, LiveRoute> exchanged = new LinkedHashMap<>();

    Changes(Map<String, RouteDefinition> before) {
      this.before = new LinkedHashMap<>(before);
    }

    void add(RouteDefinition old, RouteDefinition next) {
      if (startsAlike(old, next)) {
        exchanged.put(next, null);
      } else {
        gone.add(old);
        added.add(next);
      }
    }

    void apply(Collection<RouteDefinition> wanted) throws Exception {
      var starts = new HashSet<>(wanted.stream().map(LiveRoutes::start).toList());
      // A route that other routes call stays for messages in progress, unless a new route takes its
      // address.
      var stays =
          gone.stream()
              .filter(route -> start(route).startsWith("direct:"))
              .filter(route -> !starts.contains(start(route)))
              .filter(route -> added.stream().noneMatch(a -> isSame(a, route)))
              .toList();
      var removed = new ArrayList<>(gone);
      removed.removeAll(stays);
      // A retired route is removed when a new route starts at its address.
      retired.stream()
          .map(before::get)
          .filter(Objects::nonNull)
          .filter(old -> added.stream().anyMatch(a -> start(a).equals(start(old))))
          .forEach(removed::add);
      var done = new ArrayList<RouteDefinition>();
      var undone = new ArrayList<RouteDefinition>();
      try {
        for (var next : exchanged.entrySet()) {
          next.setValue(make(next.getKey()));
        }
        for (var route : removed) {
          remove(route.getRouteId());
          undone.add(route);
        }
        for (var route : added) {
          done.add(route);
          camel.addRouteDefinition(route);
        }
      } catch (Exception e) {
        undo(done, undone);
        throw e;
      }
      exchanged.forEach(this::exchange);
      stays.forEach(route -> retired.add(route.getRouteId()));
      removed.forEach(route -> retired.remove(route.getRouteId()));
      wanted.forEach(route -> retired.remove(route.getRouteId()));
    }

    private static boolean isSame(RouteDefinition one, RouteDefinition other) {
      return one.getRouteId().equals(other.getRouteId());
    }

    /** Builds a route and starts its steps, but not its consumer. */
    private LiveRoute make(RouteDefinition definition) throws Exception {
      RouteDefinitionHelper.forceAssignIds(camel, definition);
      var settings = camel.getPropertiesComponent();
      try {
        var ofTemplate = new Properties();
        ofTemplate.putAll(Definitions.ofTemplate(definition));
        settings.setLocalProperties(ofTemplate);
        var route = (LiveRoute) camel.getModelReifierFactory().createRoute(camel, definition);
        route.steps().start();
        return route;
      } finally {
        settings.setLocalProperties(null);
      }
    }

    private void exchange(RouteDefinition next, LiveRoute made) {
      var id = next.getRouteId();
      leaving.add(((LiveRoute) camel.getRoute(id)).enter(made.steps()));
      camel.getRouteDefinitions().replaceAll(old -> old.getRouteId().equals(id) ? next : old);
    }

    private void undo(List<RouteDefinition> done, List<RouteDefinition> undone) throws Exception {
      for (var route : done) {
        if (camel.getRoute(route.getRouteId()) != null) {
          remove(route.getRouteId());
        }
        camel.getRouteDefinitions().remove(route);
      }
      for (var route : undone) {
        camel.addRouteDefinition(route);
      }
      exchanged.values().stream().filter(Objects::nonNull).forEach(route -> route.steps().stop());
    }
  }
}
