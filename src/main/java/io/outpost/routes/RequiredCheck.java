package io.outpost.routes;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.camel.model.BeanDefinition;
import org.apache.camel.model.CatchDefinition;
import org.apache.camel.model.DisabledAwareDefinition;
import org.apache.camel.model.ExpressionNode;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.StopDefinition;
import org.apache.camel.model.ThrowExceptionDefinition;
import org.apache.camel.model.ToDefinition;
import org.apache.camel.model.TryDefinition;
import org.apache.camel.model.WireTapDefinition;
import org.apache.camel.model.language.MethodCallExpression;
import org.jspecify.annotations.Nullable;

/**
 * Checks that routes still have the steps without which an answer would be untrue or something
 * would be lost, in the required order, themselves or in the routes they call. A disabled step and
 * steps behind a {@code stop} do not count, nor do those that run only after a failure. Immutable.
 */
final class RequiredCheck {

  /** Routes by the address where they start, such as {@code direct:commit-change}. */
  private final Map<String, RouteDefinition> starts;

  private final Map<String, List<String>> required;

  /**
   * @param required steps as {@code bean.method}, or calls as {@code direct:name}, by the name
   *     after {@code direct:} where the route starts
   */
  RequiredCheck(Map<String, RouteDefinition> starts, Map<String, List<String>> required) {
    this.starts = starts;
    this.required = required;
  }

  /** The first missing step of each route that lacks one, except where a called route lacks it. */
  Map<RouteDefinition, String> missing() {
    var found = new LinkedHashMap<RouteDefinition, String>();
    required.forEach(
        (name, steps) -> {
          var route = starts.get("direct:" + name);
          if (route != null) {
            lacking(name).filter(step -> isOwn(name, step)).ifPresent(s -> found.put(route, s));
          }
        });
    return found;
  }

  private Optional<String> lacking(String name) {
    var missing = new ArrayList<>(required.getOrDefault(name, List.of()));
    for (var step : reached("direct:" + name).steps()) {
      if (!missing.isEmpty() && step.equals(missing.getFirst())) {
        missing.removeFirst();
      }
    }
    return missing.stream().findFirst();
  }

  private boolean isOwn(String name, String step) {
    return reached("direct:" + name).routes().stream()
        .filter(called -> !called.equals("direct:" + name))
        .noneMatch(
            called -> lacking(called.substring("direct:".length())).equals(Optional.of(step)));
  }

  /** What runs from an address on: the Java steps in order, and the routes they are in. */
  private record Reached(List<String> steps, Set<String> routes) {}

  private Reached reached(String address) {
    var reached = new Reached(new ArrayList<>(), new LinkedHashSet<>());
    follow(address, reached);
    return reached;
  }

  private void follow(String address, Reached reached) {
    var route = starts.get(address);
    if (route != null && reached.routes().add(address)) {
      collect(route.getOutputs(), reached);
    }
  }

  private void collect(List<ProcessorDefinition<?>> steps, Reached reached) {
    for (var step : steps) {
      if (isDisabled(step) || step instanceof CatchDefinition) {
        continue;
      }
      if (step instanceof StopDefinition || step instanceof ThrowExceptionDefinition) {
        return;
      }
      switch (step) {
        case BeanDefinition bean -> add(bean.getRef(), bean.getMethod(), reached);
        case ToDefinition to -> {
          reached.steps().add(address(to.getEndpointUri()));
          follow(address(to.getEndpointUri()), reached);
        }
        // A tap's failures do not reach the caller, so its steps are not the caller's.
        case WireTapDefinition<?> tap -> reached.steps().add(address(tap.getUri()));
        case ExpressionNode node when node.getExpression() instanceof MethodCallExpression call ->
            add(call.getRef(), call.getMethod(), reached);
        default -> {}
      }
      collect(step.getOutputs(), reached);
      if (step instanceof TryDefinition attempt && attempt.getFinallyClause() != null) {
        collect(attempt.getFinallyClause().getOutputs(), reached);
      }
    }
  }

  /** Whether a step may be disabled; a setting counts, because it may change. */
  static boolean isDisabled(@Nullable Object step) {
    return step instanceof DisabledAwareDefinition it
        && it.getDisabled() != null
        && !it.getDisabled().equals("false");
  }

  private static void add(@Nullable String bean, @Nullable String method, Reached reached) {
    reached.steps().add(bean + "." + String.valueOf(method).replaceFirst("\\(.*", ""));
  }

  private static String address(@Nullable String uri) {
    return String.valueOf(uri).replaceFirst("\\?.*", "").replaceFirst("^direct:/+", "direct:");
  }
}
