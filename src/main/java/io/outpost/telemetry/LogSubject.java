package io.outpost.telemetry;

import io.opentelemetry.api.trace.Span;
import java.util.Map;

/**
 * What a message is about, such as its job. While a route processes the message, log lines contain
 * the subject's ids, and new spans belong to the subject's span.
 */
public interface LogSubject {

  /**
   * The subject's ids by the name of the log field, such as {@code tenant_id}. Never contains a
   * secret or text from a caller.
   */
  Map<String, String> logFields();

  /** The span of the subject; invalid when it has none. */
  default Span span() {
    return Span.getInvalid();
  }
}
