package io.outpost.routes;

import io.micrometer.core.instrument.MeterRegistry;
import io.outpost.kernel.Problem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import org.apache.camel.AsyncCallback;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.NamedNode;
import org.apache.camel.Processor;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.spi.InterceptStrategy;
import org.apache.camel.support.SynchronizationAdapter;
import org.apache.camel.support.processor.DelegateAsyncProcessor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * Logs each failed message in one line, with the file, line, route and step of the innermost step
 * that threw, and counts it. A refused request is not a failure. Thread-safe.
 */
@Component
class RouteFailures implements InterceptStrategy {

  private static final Logger LOG = LoggerFactory.getLogger(RouteFailures.class);
  private static final String NOTED = "outpostFailure";

  /** The line of each step, cached so that logging costs almost nothing when everything fails. */
  private final Map<NamedNode, Integer> lines = Collections.synchronizedMap(new WeakHashMap<>());

  private final MeterRegistry metrics;
  private final TrafficBook traffic;

  RouteFailures(MeterRegistry metrics, TrafficBook traffic) {
    this.metrics = metrics;
    this.traffic = traffic;
  }

  @Override
  public Processor wrapProcessorInInterceptors(
      CamelContext camel, NamedNode step, Processor target, Processor next) {
    var seen =
        traffic.isOpen() && step.getId() != null
            ? traffic.of(routeOf(step).getId(), step.getId())
            : null;
    return new DelegateAsyncProcessor(target) {
      @Override
      public boolean process(Exchange exchange, AsyncCallback callback) {
        var since = seen == null ? 0 : seen.begin();
        return super.process(
            exchange,
            done -> {
              if (seen != null) {
                seen.end(since, exchange.getException() != null);
              }
              if (exchange.getException() != null) {
                note(exchange, exchange.getException(), step);
              }
              callback.done(done);
            });
      }
    };
  }

  private static NamedNode routeOf(NamedNode step) {
    NamedNode route = step;
    while (route.getParent() != null) {
      route = route.getParent();
    }
    return route;
  }

  /** Parses the file of a route, because its line numbers are more exact than Camel's. */
  private static List<RouteFile> files(NamedNode route, String name) {
    if (route instanceof RouteDefinition definition && definition.getResource() != null) {
      try (var text = definition.getResource().getInputStream()) {
        return List.of(
            RouteFile.parse(name, new String(text.readAllBytes(), StandardCharsets.UTF_8)));
      } catch (IOException e) {
        return List.of();
      }
    }
    return List.of();
  }

  private void note(Exchange exchange, Throwable failure, NamedNode step) {
    if (exchange.getProperty(NOTED) != failure && !(failure instanceof Problem)) {
      exchange.setProperty(NOTED, failure);
      exchange.getExchangeExtension().addOnCompletion(new Report(failure, step));
    }
  }

  /** Logs a failure when the message ends, if nothing has handled the failure by then. */
  private final class Report extends SynchronizationAdapter {
    private final Throwable failure;
    private final NamedNode step;

    Report(Throwable failure, NamedNode step) {
      this.failure = failure;
      this.step = step;
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // Failures are compared by identity.
    public void onFailure(Exchange exchange) {
      if (exchange.getException() != failure) {
        return;
      }
      var route = routeOf(step);
      var file = RouteFile.nameOf(String.valueOf(step.getLocation()));
      var finding =
          new Finding(file, step.getLineNumber(), route.getId(), step.getId(), failure.toString());
      var line =
          lines.computeIfAbsent(step, it -> RoutesCheck.placed(finding, files(route, file)).line());
      LOG.warn("{}", new Finding(file, line, finding.route(), finding.step(), finding.fault()));
      metrics
          .counter("outpost.route.failures", "route", route.getId(), "step", step.getId())
          .increment();
    }
  }
}
