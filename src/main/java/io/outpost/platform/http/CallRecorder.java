package io.outpost.platform.http;

import io.outpost.platform.AuditEntry;
import io.outpost.platform.Ids;
import java.util.Map;
import java.util.Set;
import org.apache.camel.ProducerTemplate;
import org.springframework.context.annotation.Lazy;
import org.springframework.stereotype.Component;

/** Hands the audit entry of every answered call to the audit route. Thread-safe. */
@Component
public class CallRecorder {

  private static final Set<String> NOT_CALLS = Set.of("health", "healthReady", "getOpenapi");

  private static final int LONGEST_PATH = 512;

  private final ProducerTemplate camel;

  CallRecorder(@Lazy ProducerTemplate camel) {
    this.camel = camel;
  }

  /** The entry of a call that was, or is about to be, answered with a status. */
  public static AuditEntry entry(Call call, int status) {
    var who = call.principal();
    return new AuditEntry(
        call.entryId(),
        who == null ? Ids.OPERATORS : who.tenantId(),
        call.arrived(),
        call.operation() == null ? "unknown" : call.operation().id(),
        shortened(call.path()),
        AuditEntry.Outcome.of(status),
        status,
        call.requestId(),
        who == null ? null : who.keyId(),
        call.ipAddress(),
        call.userAgent(),
        Map.of());
  }

  private static String shortened(String path) {
    return path.length() <= LONGEST_PATH ? path : path.substring(0, LONGEST_PATH);
  }

  void record(Call call, int status) {
    if (call.operation() != null && NOT_CALLS.contains(call.operation().id())
        || call.path().startsWith("/docs")) {
      return;
    }
    camel.sendBody("direct:record-audit", entry(call, status));
  }
}
