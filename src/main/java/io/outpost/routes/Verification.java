package io.outpost.routes;

import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.camel.CamelContext;
import org.apache.camel.Ordered;
import org.apache.camel.RoutesBuilder;

/**
 * Looks at the model when all routes are in it and none is built yet, and again when those of
 * templates are: the last of the builders.
 */
record Verification(Supplier<List<Finding>> check) implements RoutesBuilder, Ordered {

  /**
   * @throws RoutesRefused when anything is wrong
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

  /** Camel makes routes of templates after all others: they are none that may do more. */
  @Override
  public void addTemplatedRoutesToCamelContext(CamelContext camel) {
    addRoutesToCamelContext(camel);
  }

  @Override
  public int getOrder() {
    return Ordered.LOWEST;
  }
}
