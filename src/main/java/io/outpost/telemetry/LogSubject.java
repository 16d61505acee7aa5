package io.outpost.telemetry;

import io.opentelemetry.api.trace.Span;
import java.util.Map;

/** What a message is about, for every line that is logged and every span that begins meanwhile. */
public interface LogSubject {

  /** Its ids by field, such as {@code tenant_id}; never a secret, never a caller's text. */
  Map<String, String> logFields();

  /** The span that it is in; invalid where there is none. */
  default Span span() {
    return Span.getInvalid();
  }
}
