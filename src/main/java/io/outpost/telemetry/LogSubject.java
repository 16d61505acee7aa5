package io.outpost.telemetry;

import io.opentelemetry.api.trace.Span;
import java.util.Map;

/**
 * The subject of a message, such as its job. While a route processes the message, log lines contain
 * the subject's ids and new spans belong to the subject's span.
 */
public interface LogSubject {

  /**
   * Its ids by name of the log field, such as {@code tenant_id}; never a secret or a caller's text.
   */
  Map<String, String> logFields();

  /** The span of the subject; invalid when it has none. */
  default Span span() {
    return Span.getInvalid();
  }
}
