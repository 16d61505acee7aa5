package io.outpost.telemetry;

import java.util.Map;

/** What a message is about, for every line that is logged meanwhile. */
public interface LogSubject {

  /** Its ids by field, such as {@code tenant_id}; never a secret, never a caller's text. */
  Map<String, String> logFields();
}
