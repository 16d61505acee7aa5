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

/** Measures the state of the circuit breakers around calls to Stripe. Stateless. */
@Profile({"api", "local"})
@Component
class StripeCircuits implements MeterBinder {

  /** The ids of the routes' circuit breaker steps, by what they protect. */
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
      case null -> Double.NaN; // null before the routes run, or in an installation's own routes
      case "OPEN", "FORCED_OPEN" -> 2;
      case "HALF_OPEN" -> 1;
      default -> 0;
    };
  }
}
