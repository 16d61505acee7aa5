package io.outpost.telemetry;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.outpost.kernel.Problem;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;

/**
 * The span of a route that a message passes through, named after the route. It is stored as a
 * property of the exchange, so copies of the exchange on other threads make their spans below it.
 * Immutable.
 *
 * @param before the span of the calling route; null: none
 */
record RouteSpan(@Nullable RouteSpan before, String route, Span span) {

  private static final String CURRENT = "outpostRouteSpan";

  /** Begins a span when a message enters a route. */
  static void enter(Exchange exchange, String route, Tracing tracing) {
    // Without a route's span, its calls to AWS and other services make no spans either.
    var parent = of(exchange);
    if (parent.getSpanContext().isSampled()) {
      var span = tracing.begin(route, SpanKind.INTERNAL, parent);
      exchange.setProperty(CURRENT, new RouteSpan(current(exchange), route, span));
    }
  }

  /**
   * Ends the span when the message has left the route. A copy of the message on another thread ends
   * nothing.
   */
  static void leave(Exchange exchange, String route) {
    var current = current(exchange);
    if (current == null || !current.route.equals(route)) {
      return;
    }
    if (exchange.getException() != null && !(exchange.getException() instanceof Problem)) {
      // The exception's message is left out, because it may quote the content.
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

  /** The current span of a message; invalid when it has none. */
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
