package io.outpost.routes;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.model.BeanDefinition;
import org.apache.camel.model.CircuitBreakerDefinition;
import org.apache.camel.model.DynamicRouterDefinition;
import org.apache.camel.model.EnrichDefinition;
import org.apache.camel.model.ExpressionNode;
import org.apache.camel.model.OptionalIdentifiedDefinition;
import org.apache.camel.model.PollDefinition;
import org.apache.camel.model.PollEnrichDefinition;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.RecipientListDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.RoutingSlipDefinition;
import org.apache.camel.model.SendDefinition;
import org.apache.camel.model.ToDynamicDefinition;
import org.apache.camel.model.TryDefinition;
import org.apache.camel.model.language.ConstantExpression;
import org.apache.camel.model.language.SimpleExpression;
import org.jspecify.annotations.Nullable;

/** Finds elements of a route's definition, however deeply nested. */
final class Definitions {

  private Definitions() {}

  /** The steps that send to an endpoint, each with its address as written. */
  static Map<OptionalIdentifiedDefinition<?>, String> uris(RouteDefinition route) {
    var found = new LinkedHashMap<OptionalIdentifiedDefinition<?>, String>();
    for (var step : steps(route)) {
      var uri =
          switch (step) {
            case SendDefinition<?> to -> to.getEndpointUri();
            case ToDynamicDefinition to -> to.getUri();
            case PollDefinition poll -> poll.getEndpointUri();
            case ExpressionNode enrich when enrich instanceof EnrichDefinition -> constant(enrich);
            case ExpressionNode enrich when enrich instanceof PollEnrichDefinition ->
                constant(enrich);
            default -> null;
          };
      if (uri != null) {
        found.put(step, uri);
      }
    }
    return found;
  }

  /** The parameters of the template from which a route was made; empty for any other route. */
  static Map<String, Object> ofTemplate(RouteDefinition route) {
    var given = new LinkedHashMap<String, Object>();
    if (route.getTemplateDefaultParameters() != null) {
      given.putAll(route.getTemplateDefaultParameters());
    }
    if (route.getTemplateParameters() != null) {
      given.putAll(route.getTemplateParameters());
    }
    return given;
  }

  /** The addresses from which a step chooses, as far as they are in the file. */
  static List<String> choices(ProcessorDefinition<?> step) {
    var isRouter =
        step instanceof RecipientListDefinition<?>
            || step instanceof RoutingSlipDefinition<?>
            || step instanceof DynamicRouterDefinition<?>;
    var all = isRouter ? constant((ExpressionNode) step) : null;
    return all == null ? List.of() : List.of(all.strip().split("\\s*,\\s*"));
  }

  /**
   * An address as it is in the file, including placeholders for values of the message; null when an
   * expression computes it.
   */
  private static @Nullable String constant(ExpressionNode step) {
    var expression = step.getExpression();
    return expression instanceof ConstantExpression || expression instanceof SimpleExpression
        ? expression.getExpression()
        : null;
  }

  /** The Java steps of a route, each as bean and method, in the order of the file. */
  static List<String> beans(RouteDefinition route) {
    return steps(route).stream()
        .filter(BeanDefinition.class::isInstance)
        .map(step -> ((BeanDefinition) step).getRef() + "." + ((BeanDefinition) step).getMethod())
        .toList();
  }

  /** All steps of a route, including interceptions. */
  static List<ProcessorDefinition<?>> steps(RouteDefinition route) {
    var found = new ArrayList<ProcessorDefinition<?>>();
    route.getOutputs().forEach(step -> collect(step, found));
    return found;
  }

  private static void collect(ProcessorDefinition<?> step, List<ProcessorDefinition<?>> found) {
    found.add(step);
    step.getOutputs().forEach(inner -> collect(inner, found));
    if (step instanceof TryDefinition attempt) {
      attempt.getCatchClauses().forEach(clause -> addOnce(clause, found));
      if (attempt.getFinallyClause() != null) {
        addOnce(attempt.getFinallyClause(), found);
      }
    }
    if (step instanceof CircuitBreakerDefinition breaker && breaker.getOnFallback() != null) {
      breaker.getOnFallback().getOutputs().forEach(inner -> addOnce(inner, found));
    }
  }

  private static void addOnce(ProcessorDefinition<?> step, List<ProcessorDefinition<?>> found) {
    if (!found.contains(step)) {
      collect(step, found);
    }
  }
}
