package io.outpost.telemetry;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.TimeUnit;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.NamedNode;
import org.apache.camel.Route;
import org.apache.camel.spi.RoutePolicy;
import org.apache.camel.spi.RoutePolicyFactory;
import org.apache.camel.support.RoutePolicySupport;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Tells the log which route a thread is in, measures the time of each route, and makes spans for
 * routes. Thread-safe.
 */
@Component
class FlowPolicy implements RoutePolicyFactory {

  /** Camel's own policy would publish the same times under this name. */
  private static final String TIMES = "camel.route.policy";

  private final Tracing tracing;
  private final MeterRegistry meters;

  FlowPolicy(Tracing tracing, MeterRegistry meters) {
    this.tracing = tracing;
    this.meters = meters;
  }

  @Override
  public RoutePolicy createRoutePolicy(CamelContext camel, String routeId, NamedNode route) {
    return new Noting(routeId);
  }

  /**
   * The time at which an exchange entered a route.
   *
   * @param outer the time of an earlier entry into the same route that has not ended; null: none
   */
  private record Since(long time, @Nullable Since outer) {}

  private final class Noting extends RoutePolicySupport {

    /** The exchange property with the {@link Since} of this route. */
    private final String since;

    private final Timer times;

    Noting(String routeId) {
      since = "outpostSince-" + routeId;
      times = meters.timer(TIMES, "routeId", routeId);
    }

    @Override
    public void onExchangeBegin(Route route, Exchange exchange) {
      if (tracing.isOn()) {
        RouteSpan.enter(exchange, route.getRouteId(), tracing);
      }
      Flow.enter(exchange, route.getRouteId());
      exchange.setProperty(
          since, new Since(System.nanoTime(), exchange.getProperty(since, Since.class)));
    }

    @Override
    public void onExchangeDone(Route route, Exchange exchange) {
      Flow.leave(exchange, route.getRouteId());
      if (exchange.removeProperty(since) instanceof Since began) {
        times.record(System.nanoTime() - began.time(), TimeUnit.NANOSECONDS);
        if (began.outer() != null) {
          exchange.setProperty(since, began.outer());
        }
      }
      if (tracing.isOn()) {
        RouteSpan.leave(exchange, route.getRouteId());
      }
    }
  }
}
