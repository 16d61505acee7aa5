package io.outpost.routes;

import java.util.Collection;
import org.apache.camel.model.InterceptDefinition;
import org.apache.camel.model.ModelLifecycleStrategySupport;
import org.apache.camel.model.ProcessDefinition;
import org.apache.camel.model.RouteDefinition;

/**
 * Inserts a guard before the first step of every operation, behind all interceptions. The guard
 * refuses calls that have not passed admission, whatever configurations apply. Immutable.
 */
final class AdmissionGuard extends ModelLifecycleStrategySupport {

  /** The name of the guard bean. */
  static final String BEAN = "#bean:requireAdmission";

  private final Collection<String> operations;

  AdmissionGuard(Collection<String> operations) {
    this.operations = operations;
  }

  @Override
  public void onAddRouteDefinition(RouteDefinition route) {
    var from =
        String.valueOf(route.getInput().getEndpointUri())
            .replaceFirst("^direct:(//)?", "")
            .replaceFirst("\\?.*", "");
    if (operations.contains(from)) {
      int first = 0;
      while (first < route.getOutputs().size() && isBefore(route.getOutputs().get(first))) {
        first++;
      }
      if (first < route.getOutputs().size()
          && ("guard-" + from).equals(route.getOutputs().get(first).getId())) {
        return;
      }
      var guard = new ProcessDefinition();
      guard.setRef(BEAN);
      guard.setId("guard-" + from);
      guard.setParent(route);
      route.getOutputs().add(first, guard);
    }
  }

  private static boolean isBefore(org.apache.camel.model.ProcessorDefinition<?> output) {
    return output.isAbstract() || output instanceof InterceptDefinition;
  }
}
