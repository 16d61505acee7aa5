package io.outpost.routes;

import java.util.Optional;
import org.apache.camel.AsyncCallback;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.NamedNode;
import org.apache.camel.Processor;
import org.apache.camel.spi.InterceptStrategy;
import org.apache.camel.support.processor.DelegateAsyncProcessor;
import org.springframework.stereotype.Component;

/** Remembers of a failed message which step it failed at: the innermost that threw. Stateless. */
@Component
class FailurePlaces implements InterceptStrategy {

  private static final String PLACE = "outpostFailedAt";

  /**
   * Where something was thrown.
   *
   * @param what what was thrown
   * @param file folder and name of the route file, with the line
   * @param route the route's id
   * @param step the step's id
   */
  record Place(Throwable what, String file, String route, String step) {
    @Override
    public String toString() {
      return "%s: %s/%s: %s".formatted(file, route, step, what);
    }
  }

  /** Where a failure happened; empty when it was in no step. */
  static Optional<Place> of(Exchange exchange, Throwable failure) {
    return Optional.ofNullable(exchange.getProperty(PLACE, Place.class))
        .filter(place -> place.what() == failure);
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

  private static void note(Exchange exchange, Throwable failure, NamedNode step) {
    if (of(exchange, failure).isEmpty()) {
      exchange.setProperty(PLACE, placeOf(failure, step));
    }
  }

  private static Place placeOf(Throwable failure, NamedNode step) {
    NamedNode route = step;
    while (route.getParent() != null) {
      route = route.getParent();
    }
    var file = RouteFile.nameOf(String.valueOf(step.getLocation()));
    return new Place(failure, file + ":" + step.getLineNumber(), route.getId(), step.getId());
  }
}
