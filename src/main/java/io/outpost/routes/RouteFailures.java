package io.outpost.routes;

import io.micrometer.core.instrument.MeterRegistry;
import io.outpost.kernel.Problem;
import org.apache.camel.Exchange;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.spi.CamelEvent.ExchangeFailedEvent;
import org.apache.camel.spi.CamelEvent.ExchangeFailureHandledEvent;
import org.apache.camel.support.EventNotifierSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * Names, for every message that failed, the file, line, route and step in one line of the log, and
 * counts it. A refused request is no failure. Thread-safe.
 */
@Component
class RouteFailures extends EventNotifierSupport {

  private static final Logger LOG = LoggerFactory.getLogger(RouteFailures.class);

  private final MeterRegistry metrics;

  RouteFailures(MeterRegistry metrics) {
    this.metrics = metrics;
    setIgnoreCamelContextEvents(true);
    setIgnoreCamelContextInitEvents(true);
    setIgnoreRouteEvents(true);
    setIgnoreServiceEvents(true);
    setIgnoreStepEvents(true);
    setIgnoreExchangeCreatedEvent(true);
    setIgnoreExchangeCompletedEvent(true);
    setIgnoreExchangeSendingEvents(true);
    setIgnoreExchangeSentEvents(true);
    setIgnoreExchangeRedeliveryEvents(true);
    setIgnoreExchangeAsyncProcessingStartedEvents(true);
  }

  @Override
  public void notify(CamelEvent event) {
    if (event instanceof ExchangeFailedEvent failed) {
      note(failed.getExchange(), failed.getExchange().getException());
    } else if (event instanceof ExchangeFailureHandledEvent handled) {
      var exchange = handled.getExchange();
      note(exchange, exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class));
    }
  }

  private void note(Exchange exchange, Throwable failure) {
    if (failure == null || failure instanceof Problem) {
      return;
    }
    FailurePlaces.of(exchange, failure)
        .ifPresent(
            place -> {
              LOG.error("{}", place);
              metrics
                  .counter("outpost.route.failures", "route", place.route(), "step", place.step())
                  .increment();
            });
  }
}
