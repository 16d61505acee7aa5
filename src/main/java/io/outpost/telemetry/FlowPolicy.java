package io.outpost.telemetry;

import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.NamedNode;
import org.apache.camel.Route;
import org.apache.camel.spi.RoutePolicy;
import org.apache.camel.spi.RoutePolicyFactory;
import org.apache.camel.support.RoutePolicySupport;
import org.springframework.stereotype.Component;

/** Notes for the log which route a thread is in, and makes spans of routes. Stateless. */
@Component
class FlowPolicy implements RoutePolicyFactory {

  private final Tracing tracing;

  FlowPolicy(Tracing tracing) {
    this.tracing = tracing;
  }

  @Override
  public RoutePolicy createRoutePolicy(CamelContext camel, String routeId, NamedNode route) {
    return new Noting();
  }

  private final class Noting extends RoutePolicySupport {
    @Override
    public void onExchangeBegin(Route route, Exchange exchange) {
      if (tracing.isOn()) {
        RouteSpan.enter(exchange, route.getRouteId(), tracing);
      }
      Flow.enter(exchange, route.getRouteId());
    }

    @Override
    public void onExchangeDone(Route route, Exchange exchange) {
      Flow.leave(exchange, route.getRouteId());
      if (tracing.isOn()) {
        RouteSpan.leave(exchange, route.getRouteId());
      }
    }
  }
}
