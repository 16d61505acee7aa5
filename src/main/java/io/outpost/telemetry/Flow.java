package io.outpost.telemetry;

import ch.qos.logback.classic.spi.ILoggingEvent;
import io.opentelemetry.api.trace.Span;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.Exchange;

/**
 * The route that a thread is in, with the exchange. Log fields are read from the exchange only when
 * a line is written, because most requests and jobs log nothing. Immutable.
 *
 * @param before the route that called this one
 */
record Flow(Flow before, Exchange exchange, String route) {

  private static final ThreadLocal<Flow> CURRENT = new ThreadLocal<>();

  /**
   * The exchange properties whose values are a {@link LogSubject}. When two have the same field,
   * that of the later property counts.
   */
  private static final List<String> SUBJECTS = List.of("call", "job", "run", "outgoing", "entry");

  /** Records that an exchange enters a route on this thread. */
  static void enter(Exchange exchange, String route) {
    CURRENT.set(new Flow(live(), exchange, route));
  }

  /**
   * Records that an exchange has left a route. Has no effect on a thread on which the exchange did
   * not enter.
   */
  static void leave(Exchange exchange, String route) {
    for (var flow = CURRENT.get(); flow != null; flow = flow.before) {
      if (flow.exchange == exchange && flow.route.equals(route)) {
        if (flow.before == null) {
          CURRENT.remove();
        } else {
          CURRENT.set(flow.before);
        }
        return;
      }
    }
  }

  /** The fields for a log line of this thread, without those that the line itself has. */
  static Map<String, String> fields(ILoggingEvent event) {
    var flow = live();
    if (flow == null) {
      return Map.of();
    }
    var fields = new LinkedHashMap<String, String>();
    fields.put("route", flow.route);
    for (var name : SUBJECTS) {
      if (flow.exchange.getProperty(name) instanceof LogSubject subject) {
        fields.putAll(subject.logFields());
      }
    }
    var span = span().getSpanContext();
    if (!span.isValid()) {
      span = spanOfSubject(flow.exchange).getSpanContext();
    }
    if (span.isValid()) {
      fields.put("trace_id", span.getTraceId());
    }
    fields.keySet().removeAll(event.getMDCPropertyMap().keySet());
    if (event.getKeyValuePairs() != null) {
      event.getKeyValuePairs().forEach(pair -> fields.remove(pair.key));
    }
    return fields;
  }

  /** The span that this thread works in; invalid when there is none. */
  static Span span() {
    var flow = live();
    return flow == null ? Span.getInvalid() : RouteSpan.of(flow.exchange);
  }

  /** The span of a message's subject; invalid when there is none. */
  static Span spanOfSubject(Exchange exchange) {
    var span = Span.getInvalid();
    for (var name : SUBJECTS) {
      if (exchange.getProperty(name) instanceof LogSubject subject
          && subject.span().getSpanContext().isValid()) {
        span = subject.span();
      }
    }
    return span;
  }

  /**
   * The innermost route whose exchange has not ended: an exchange may have moved to another thread
   * and ended there.
   */
  private static Flow live() {
    var flow = CURRENT.get();
    while (flow != null && flow.exchange.getUnitOfWork() == null) {
      flow = flow.before;
    }
    return flow;
  }
}
