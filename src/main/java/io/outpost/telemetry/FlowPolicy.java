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
import org.springframework.stereotype.Component;

/**
 * Notes for the log which route a thread is in, measures routes and makes spans of them.
 * Thread-safe.
 */
@Component
class FlowPolicy implements RoutePolicyFactory {

  /** By Camel's own name for the same. */
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

  private final class Noting extends RoutePolicySupport {

    /** The property of an exchange that has when it entered the route. */
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
      exchange.setProperty(since, System.nanoTime());
    }

    @Override
    public void onExchangeDone(Route route, Exchange exchange) {
      Flow.leave(exchange, route.getRouteId());
      if (exchange.removeProperty(since) instanceof Long began) {
        times.record(System.nanoTime() - began, TimeUnit.NANOSECONDS);
      }
      if (tracing.isOn()) {
        RouteSpan.leave(exchange, route.getRouteId());
      }
    }
  }
}
