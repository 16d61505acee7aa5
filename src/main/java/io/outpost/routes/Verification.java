package io.outpost.routes;

import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.camel.CamelContext;
import org.apache.camel.Ordered;
import org.apache.camel.RoutesBuilder;

/**
 * Checks the model when it contains all routes and none is built yet, and again when template
 * routes are added. The last of the builders.
 */
record Verification(Supplier<List<Finding>> check) implements RoutesBuilder, Ordered {

  /**
   * @throws RoutesRefused when the model has a fault
   */
  @Override
  public void addRoutesToCamelContext(CamelContext camel) {
    RoutesRefused.unlessEmpty(check.get());
  }

  @Override
  public Set<String> updateRoutesToCamelContext(CamelContext camel) {
    addRoutesToCamelContext(camel);
    return Set.of();
  }

  /** Checks template routes, too, which Camel adds after all others. */
  @Override
  public void addTemplatedRoutesToCamelContext(CamelContext camel) {
    addRoutesToCamelContext(camel);
  }

  @Override
  public int getOrder() {
    return Ordered.LOWEST;
  }
}
