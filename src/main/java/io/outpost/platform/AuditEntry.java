package io.outpost.platform;

import java.time.Instant;
import java.util.Map;

/**
 * What happened, who did it and how it ended. The same entry_id wherever it is written, so that
 * writing twice is once. Holds no body, command, key or secret.
 *
 * @param action the operationId of a call, or {@code job.<status>} for a job's transition
 * @param resource the path of a call, or {@code /jobs/<job_id>}
 * @param status the HTTP status of a call; null for a transition
 */
public record AuditEntry(
    String entryId,
    String tenantId,
    Instant timestamp,
    String action,
    String resource,
    Outcome outcome,
    Integer status,
    String requestId,
    String keyId,
    String ipAddress,
    String userAgent,
    Map<String, String> metadata) {

  /** How it ended. */
  public enum Outcome {
    allowed,
    denied,
    failed;

    /** 401, 403, 402, 404 and 429 are refusals; other errors are failures. */
    public static Outcome of(int status) {
      return switch (status) {
        case 401, 402, 403, 404, 429 -> denied;
        default -> status < 400 ? allowed : failed;
      };
    }
  }

  /** The sort key in the audit table. */
  public String sk() {
    return Json.time(timestamp) + "#" + entryId;
  }
}
