package io.outpost.billing;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.outpost.telemetry.Metric;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.component.resilience4j.ResilienceProcessor;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

/** Shows whether calls are sent to Stripe, by the circuits of the route that sends. Stateless. */
@Profile({"api", "local"})
@Component
class StripeCircuits implements MeterBinder {

  /** The circuits' steps in the route, by what is called through them. */
  private static final Map<String, String> STEPS =
      Map.of(
          "usage", "stripe-usage-circuit",
          "checkout", "stripe-checkout-circuit",
          "other", "stripe-circuit");

  private final ObjectProvider<CamelContext> camel;

  StripeCircuits(ObjectProvider<CamelContext> camel) {
    this.camel = camel;
  }

  @Override
  public void bindTo(MeterRegistry meters) {
    STEPS.forEach((name, step) -> Metric.STRIPE_CIRCUIT.gauge(meters, () -> state(step), name));
  }

  private double state(String step) {
    var circuit = camel.getObject().getProcessor(step, ResilienceProcessor.class);
    var state = circuit == null ? null : circuit.getCircuitBreakerState();
    return switch (state) {
      case null -> Double.NaN; // before the routes run, or in routes of somebody's own
      case "OPEN", "FORCED_OPEN" -> 2;
      case "HALF_OPEN" -> 1;
      default -> 0;
    };
  }
}
