package io.outpost.routes;

import java.util.HashMap;
import java.util.Map;
import org.apache.camel.model.ModelLifecycleStrategySupport;
import org.apache.camel.model.RouteDefinition;

/**
 * Gives routes without an id a name that is made from their file, so that they keep it across
 * reloads. Used by one thread.
 */
final class RouteIds extends ModelLifecycleStrategySupport {

  private final Map<String, Integer> unnamed = new HashMap<>();

  @Override
  public void onAddRouteDefinition(RouteDefinition route) {
    if (route.getId() == null && route.getInput() != null && !Boolean.TRUE.equals(route.isRest())) {
      var file =
          RouteFile.nameOf(String.valueOf(route.getInput().getLocation()))
              .replace(MountedFolder.SUFFIX, "")
              .replace('/', '-');
      route.setId(file + "-" + unnamed.merge(file, 1, Integer::sum));
    }
  }
}
