package io.outpost.http;

import io.outpost.audit.AuditEntry;
import io.outpost.kernel.Ids;
import io.outpost.kernel.Problem;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import org.apache.camel.Endpoint;
import org.apache.camel.ProducerTemplate;
import org.apache.catalina.AccessLog;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.annotation.Lazy;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/**
 * Passes the audit entry of every answered call to the audit route. While the application starts,
 * entries wait until the routes have started. Thread-safe.
 */
@Component
public class CallRecorder {

  private static final Set<String> NOT_CALLS =
      Set.of("/health", "/health/ready", "/openapi.json", "/docs");

  private static final int MOST_EARLY = 10_000;
  private static final int LONGEST_PATH = 512;
  private static final int LONGEST_AGENT = 256;
  private static final int LONGEST_ADDRESS = 64;

  private final ProducerTemplate camel;
  private final Queue<AuditEntry> early = new LinkedBlockingQueue<>(MOST_EARLY);

  /** The receiver of entries; null until the routes have started. */
  private volatile @Nullable Endpoint audit;

  CallRecorder(@Lazy ProducerTemplate camel) {
    this.camel = camel;
  }

  /**
   * The entry of a call with the status of its answer.
   *
   * @param tenant whose audit gets the entry; null: the operators'
   * @param resource the resource that the call affected
   */
  static AuditEntry entry(Call call, @Nullable String tenant, String resource, int status) {
    return entry(call, call.entryId(), tenant, resource, status);
  }

  /**
   * The audit entry of one part of a call that has several.
   *
   * @param action of the part
   * @param refused the reason of a refusal; null when the part succeeded
   */
  static AuditEntry entryOfPart(
      Call call, String action, String resource, Problem.@Nullable Code refused) {
    return new AuditEntry(
        Ids.ulid(),
        Objects.requireNonNull(call.tenant(), "A call with several entries belongs to a tenant"),
        call.arrived(),
        action,
        safe(resource, LONGEST_PATH),
        AuditEntry.Outcome.of(refused == null ? 200 : refused.status()),
        null,
        call.requestId(),
        call.keyId(),
        safe(call.ipAddress(), LONGEST_ADDRESS),
        agent(call.userAgent()),
        refused == null ? Map.of() : Map.of("problem", refused.slug()));
  }

  private static AuditEntry entry(
      Call call, String entryId, @Nullable String tenant, String resource, int status) {
    return new AuditEntry(
        entryId,
        tenant == null ? Ids.OPERATORS : tenant,
        call.arrived(),
        call.hasOperation() ? call.operation().id() : "unknown",
        safe(resource, LONGEST_PATH),
        AuditEntry.Outcome.of(status),
        status,
        call.requestId(),
        call.keyId(),
        safe(call.ipAddress(), LONGEST_ADDRESS),
        agent(call.userAgent()),
        refusal(call));
  }

  private static Map<String, String> refusal(Call call) {
    var refusal = call.refusal();
    if (refusal == null) {
      return Map.of();
    }
    var problem = refusal.slug();
    var reason = call.reason();
    return reason == null
        ? Map.of("problem", problem)
        : Map.of("problem", problem, "reason", reason);
  }

  /**
   * Records how a call was answered.
   *
   * @param sent the status that the server sent; another one than decided when the client
   *     disconnected
   */
  void record(Call call, int sent) {
    var status = call.decided().orElse(sent);
    var written = call.written();
    if (written != null) {
      tell(written);
    } else if (!NOT_CALLS.contains(call.path()) && !call.path().startsWith("/docs/")) {
      tell(entry(call, call.answerEntryId(), call.tenant(), call.resource(), status));
    }
  }

  /** Records a request that the web server refused before it became a call. */
  void record(Request request, Response response) {
    var entryId = Ids.ulid();
    var requestId = response.getHeader("X-Request-Id");
    var address = request.getAttribute(AccessLog.REMOTE_ADDR_ATTRIBUTE);
    tell(
        new AuditEntry(
            entryId,
            Ids.OPERATORS,
            Instant.now(),
            "unknown",
            request.getRequestURI() == null
                ? "unknown"
                : safe(request.getRequestURI(), LONGEST_PATH),
            AuditEntry.Outcome.of(response.getStatus()),
            response.getStatus(),
            requestId == null ? entryId : requestId,
            null,
            safe(address instanceof String a ? a : request.getRemoteAddr(), LONGEST_ADDRESS),
            agent(request.getHeader("User-Agent")),
            Map.of("problem", Problem.Code.of(response.getStatus()).slug())));
  }

  @EventListener(ApplicationReadyEvent.class)
  void start() {
    audit = camel.getCamelContext().getEndpoint("direct:record-audit");
    tellEarly();
  }

  /** Whether the routes have started. */
  boolean isStarted() {
    return audit != null;
  }

  private void tell(AuditEntry entry) {
    if (isStarted()) {
      camel.sendBody(audit, entry);
    } else if (early.offer(entry) && isStarted()) {
      tellEarly();
    }
  }

  private void tellEarly() {
    for (var entry = early.poll(); entry != null; entry = early.poll()) {
      camel.sendBody(audit, entry);
    }
  }

  private static @Nullable String agent(@Nullable String text) {
    return text == null ? null : safe(text, LONGEST_AGENT);
  }

  private static String safe(String text, int longest) {
    var clean = KeyText.hidden(text);
    return clean.length() <= longest ? clean : clean.substring(0, longest);
  }
}
