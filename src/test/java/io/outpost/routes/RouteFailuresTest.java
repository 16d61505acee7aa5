package io.outpost.routes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.springframework.core.env.StandardEnvironment;

/** A failure at run time is one log line with file, line, route and step. */
class RouteFailuresTest {

  private static final String ROUTES =
      """
      - route:
          id: my-operation
          from:
            uri: direct:getMine
            steps:
              - throwException: { id: fail-operation, exceptionType: java.lang.IllegalStateException, message: no operation }
      - route:
          id: my-timer
          from:
            uri: timer:mine
            parameters: { delay: 0, repeatCount: 1 }
            steps:
              - throwException: { id: fail-timer, exceptionType: java.lang.IllegalStateException, message: no timer }
      - route:
          id: my-flow
          from:
            uri: direct:my-flow
            steps:
              - wireTap: { id: tap, uri: direct:my-tap }
      - route:
          id: my-tap
          from:
            uri: direct:my-tap
            steps:
              - throwException: { id: fail-tap, exceptionType: java.lang.IllegalStateException, message: no tap }
      """;

  private final ListAppender<ILoggingEvent> log = new ListAppender<>();

  @Test
  void everyFaultIsToldWithItsPlace() throws Exception {
    log.list = new CopyOnWriteArrayList<>();
    log.start();
    var logger = (Logger) LoggerFactory.getLogger(RouteFailures.class);
    logger.addAppender(log);
    var metrics = new SimpleMeterRegistry();
    try (var camel = new DefaultCamelContext()) {
      camel
          .getCamelContextExtension()
          .addInterceptStrategy(
              new RouteFailures(metrics, new TrafficBook(new StandardEnvironment(), -1)));
      PluginHelper.getRoutesLoader(camel)
          .loadRoutes(ResourceHelper.fromString("file:/mine/api/mine.camel.yaml", ROUTES));
      camel.start();
      try (var template = camel.createProducerTemplate()) {
        template.send("direct:getMine", exchange -> {});
        template.send("direct:my-flow", exchange -> {});
      }
      await().until(() -> log.list.size() == 3);
    } finally {
      logger.detachAppender(log);
    }
    assertThat(log.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .containsExactlyInAnyOrder(
            "api/mine.camel.yaml:6: my-operation/fail-operation: java.lang.IllegalStateException: no operation",
            "api/mine.camel.yaml:13: my-timer/fail-timer: java.lang.IllegalStateException: no timer",
            "api/mine.camel.yaml:25: my-tap/fail-tap: java.lang.IllegalStateException: no tap");
    assertThat(
            metrics
                .counter("outpost.route.failures", "route", "my-tap", "step", "fail-tap")
                .count())
        .isEqualTo(1);
  }
}
