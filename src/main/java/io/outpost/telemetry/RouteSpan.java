package io.outpost.telemetry;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.outpost.kernel.Problem;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;

/**
 * A route that a message is in, as a span that is named after it. It goes with the message, so that
 * what a route has done beside it, on other threads, belongs to it. Immutable.
 *
 * @param before the route that called this one; null: none that has a span
 */
record RouteSpan(@Nullable RouteSpan before, String route, Span span) {

  private static final String CURRENT = "outpostRouteSpan";

  /** A message enters a route. */
  static void enter(Exchange exchange, String route, Tracing tracing) {
    // Calls of AWS and others make none either: they are below the span that a message is in.
    var parent = of(exchange);
    if (parent.getSpanContext().isSampled()) {
      var span = tracing.begin(route, SpanKind.INTERNAL, parent);
      exchange.setProperty(CURRENT, new RouteSpan(current(exchange), route, span));
    }
  }

  /** A message has left a route; a copy of it that another thread goes on with has not. */
  static void leave(Exchange exchange, String route) {
    var current = current(exchange);
    if (current == null || !current.route.equals(route)) {
      return;
    }
    if (exchange.getException() != null && !(exchange.getException() instanceof Problem)) {
      // Its message may say what was sent.
      current
          .span
          .setAttribute("error.type", exchange.getException().getClass().getSimpleName())
          .setStatus(StatusCode.ERROR);
    }
    current.span.end();
    if (current.before == null) {
      exchange.removeProperty(CURRENT);
    } else {
      exchange.setProperty(CURRENT, current.before);
    }
  }

  /** The span that a message is in; invalid where there is none. */
  static Span of(Exchange exchange) {
    if (exchange.getProperty(Tracing.ROUTINE) != null) {
      return Span.getInvalid();
    }
    var current = current(exchange);
    return current == null ? Flow.spanOfSubject(exchange) : current.span;
  }

  private static @Nullable RouteSpan current(Exchange exchange) {
    return exchange.getProperty(CURRENT, RouteSpan.class);
  }
}
