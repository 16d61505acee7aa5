package io.outpost.routes;

import io.micrometer.core.instrument.MeterRegistry;
import io.outpost.kernel.Problem;
import org.apache.camel.AsyncCallback;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.NamedNode;
import org.apache.camel.Processor;
import org.apache.camel.spi.InterceptStrategy;
import org.apache.camel.support.SynchronizationAdapter;
import org.apache.camel.support.processor.DelegateAsyncProcessor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * Names, for every message that ends as failed, the file, line, route and step in one line of the
 * log, and counts it: the innermost step that threw. A refused request is no failure. Thread-safe.
 */
@Component
class RouteFailures implements InterceptStrategy {

  private static final Logger LOG = LoggerFactory.getLogger(RouteFailures.class);
  private static final String NOTED = "outpostFailure";

  private final MeterRegistry metrics;

  RouteFailures(MeterRegistry metrics) {
    this.metrics = metrics;
  }

  @Override
  public Processor wrapProcessorInInterceptors(
      CamelContext camel, NamedNode step, Processor target, Processor next) {
    return new DelegateAsyncProcessor(target) {
      @Override
      public boolean process(Exchange exchange, AsyncCallback callback) {
        return super.process(
            exchange,
            done -> {
              if (exchange.getException() != null) {
                note(exchange, exchange.getException(), step);
              }
              callback.done(done);
            });
      }
    };
  }

  private void note(Exchange exchange, Throwable failure, NamedNode step) {
    if (exchange.getProperty(NOTED) != failure && !(failure instanceof Problem)) {
      exchange.setProperty(NOTED, failure);
      exchange.getExchangeExtension().addOnCompletion(new Report(failure, step));
    }
  }

  /** Only what nobody has handled by the end is told of. */
  private final class Report extends SynchronizationAdapter {
    private final Throwable failure;
    private final NamedNode step;

    Report(Throwable failure, NamedNode step) {
      this.failure = failure;
      this.step = step;
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // A failure is itself and no other.
    public void onFailure(Exchange exchange) {
      if (exchange.getException() != failure) {
        return;
      }
      NamedNode route = step;
      while (route.getParent() != null) {
        route = route.getParent();
      }
      var file = RouteFile.nameOf(String.valueOf(step.getLocation()));
      var place = "%s:%d: %s/%s".formatted(file, step.getLineNumber(), route.getId(), step.getId());
      LOG.warn("{}: {}", place, failure.toString());
      metrics
          .counter("outpost.route.failures", "route", route.getId(), "step", step.getId())
          .increment();
    }
  }
}
