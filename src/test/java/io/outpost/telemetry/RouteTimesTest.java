package io.outpost.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;
import org.springframework.mock.env.MockEnvironment;

/** Each run of a route is measured, also when the route calls itself. */
class RouteTimesTest {

  private static final int DEEP = 3;

  @Test
  void aRouteThatReachesItselfIsMeasuredEachTime() throws Exception {
    var meters = new SimpleMeterRegistry();
    var tracing = new Tracing(new Collector("", "", "here", new MockEnvironment()), 1);
    try (var camel = new DefaultCamelContext();
        var send = camel.createProducerTemplate()) {
      camel.addRoutePolicyFactory(new FlowPolicy(tracing, meters));
      camel.addRoutes(
          new RouteBuilder() {
            @Override
            public void configure() {
              from("direct:descend")
                  .routeId("descend")
                  .setBody(exchange -> exchange.getMessage().getBody(Integer.class) - 1)
                  .filter(exchange -> exchange.getMessage().getBody(Integer.class) > 0)
                  .to("direct:descend");
            }
          });
      camel.start();
      send.sendBody("direct:descend", DEEP);
    }
    assertThat(meters.get("camel.route.policy").tag("routeId", "descend").timer().count())
        .isEqualTo(DEEP);
  }
}
