package io.outpost.audit;

import io.outpost.kernel.Ids;
import io.outpost.kernel.Json;
import io.outpost.kernel.Rules;
import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What happened, who did it and how it ended. The same entry_id wherever it is written, so that
 * writing twice is once. Holds no body, command, key or secret.
 *
 * @param action the operationId of a call, {@code job.<status>} for a job's transition, or what
 *     billing did
 * @param resource the path of a call, or {@code /jobs/<job_id>}
 * @param status the HTTP status of a call; null for a transition
 * @param metadata words about it, of an allow-list: {@code problem} (the code of the refusal),
 *     {@code attempt}, {@code attempts}, {@code reason} and {@code was} (the status before) of
 *     jobs, {@code routes} (the version of the routes that did it), and what billing changed or
 *     counted; anything else is left out
 */
public record AuditEntry(
    String entryId,
    String tenantId,
    Instant timestamp,
    String action,
    String resource,
    Outcome outcome,
    @Nullable Integer status,
    @Nullable String requestId,
    @Nullable String keyId,
    @Nullable String ipAddress,
    @Nullable String userAgent,
    Map<String, String> metadata) {

  private static final Set<String> METADATA =
      Set.of(
          "problem",
          "attempt",
          "attempts",
          "exit_code",
          "error",
          "reason",
          "was",
          "stripe_customer_id",
          "tier",
          "status",
          "subscription_status",
          "billing_anchor",
          "used",
          "api_version",
          "created",
          "way",
          "minute",
          "ledger",
          "stripe",
          "jobs",
          "routes");

  private static final Pattern WORDS = Pattern.compile("[A-Za-z0-9._:, -]{1,4000}");

  /** What we did by ourselves, on nobody's call. */
  public static AuditEntry own(
      String tenantId,
      Instant at,
      String action,
      String resource,
      Outcome outcome,
      Map<String, String> metadata) {
    return new AuditEntry(
        Ids.ulid(),
        tenantId,
        at,
        action,
        resource,
        outcome,
        null,
        null,
        null,
        null,
        null,
        metadata);
  }

  /** Keeps the rules of the contract, and of metadata what it may be. */
  public AuditEntry {
    Rules.form("entry_id", entryId, Rules.ULID);
    Rules.form("tenant_id", tenantId, Rules.UUID);
    Rules.present("timestamp", timestamp);
    Rules.form("action", action, Rules.ACTION);
    Rules.present("resource", resource);
    Rules.present("outcome", outcome);
    Rules.present("metadata", metadata);
    metadata = allowed(metadata);
  }

  /** Whether an entry may have such an action. */
  public static boolean isAction(String action) {
    return Rules.ACTION.matcher(action).matches();
  }

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

  private static Map<String, String> allowed(Map<String, String> metadata) {
    if (metadata == null || metadata.isEmpty()) {
      return Map.of();
    }
    var allowed = new TreeMap<>(metadata);
    allowed.entrySet().removeIf(m -> !METADATA.contains(m.getKey()) || !areWords(m.getValue()));
    return Collections.unmodifiableMap(allowed);
  }

  private static boolean areWords(String value) {
    return value != null && WORDS.matcher(value).matches();
  }

  /** The sort key in the audit table. */
  public String sk() {
    return Json.time(timestamp) + "#" + entryId;
  }
}
