package io.outpost.routes;

import org.apache.camel.CamelContext;
import org.springframework.stereotype.Component;

/** Which extension points somebody uses, so that the others cost nothing. Stateless. */
@Component("extensionPoints")
public class ExtensionPoints {

  private final CamelContext camel;
  private final RouteFolder folder;

  ExtensionPoints(CamelContext camel, RouteFolder folder) {
    this.camel = camel;
    this.folder = folder;
  }

  /** Whether the route of that name is of a mounted folder, and not the empty one of ours. */
  public boolean isUsed(String point) {
    var route = camel.getRoute(point);
    return route != null
        && route.getSourceResource() != null
        && folder.isMounted(route.getSourceResource().getLocation());
  }
}
