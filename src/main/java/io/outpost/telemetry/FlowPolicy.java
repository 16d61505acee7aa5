package io.outpost.telemetry;

import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.NamedNode;
import org.apache.camel.Route;
import org.apache.camel.spi.RoutePolicy;
import org.apache.camel.spi.RoutePolicyFactory;
import org.apache.camel.support.RoutePolicySupport;
import org.springframework.stereotype.Component;

/** Notes for the log which route a thread is in. Stateless. */
@Component
class FlowPolicy implements RoutePolicyFactory {

  @Override
  public RoutePolicy createRoutePolicy(CamelContext camel, String routeId, NamedNode route) {
    return new Noting();
  }

  private static final class Noting extends RoutePolicySupport {
    @Override
    public void onExchangeBegin(Route route, Exchange exchange) {
      Flow.enter(exchange, route.getRouteId());
    }

    @Override
    public void onExchangeDone(Route route, Exchange exchange) {
      Flow.leave(exchange, route.getRouteId());
    }
  }
}
