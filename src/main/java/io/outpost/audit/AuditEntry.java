package io.outpost.audit;

import io.outpost.kernel.Ids;
import io.outpost.kernel.Json;
import io.outpost.kernel.Rules;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An audit entry: the action, its caller and its outcome. An entry keeps its entry_id wherever it
 * is written, so that writing it twice changes nothing. Contains no body, command, key or secret.
 *
 * @param action the operationId of a call, {@code job.<status>} for a job's transition, or the word
 *     of an {@link AuditAction}
 * @param resource the path of a call, or {@code /jobs/<job_id>}
 * @param status the HTTP status of a call; null for a transition
 * @param metadata allowed keys only; others are dropped: {@code problem} (the code of a refusal),
 *     {@code attempt}, {@code attempts}, {@code reason} and {@code was} (the previous status) of
 *     jobs, {@code routes} (the version of the routes), and those of an {@link AuditAction}
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

  /**
   * The metadata that entries of calls and transitions may have. For other actions see {@link
   * AuditAction}.
   */
  private static final Set<String> OF_CALLS_AND_JOBS =
      Set.of("problem", "attempt", "attempts", "exit_code", "error", "reason", "was", "routes");

  private static final Set<String> METADATA =
      Stream.concat(
              OF_CALLS_AND_JOBS.stream(),
              Arrays.stream(AuditAction.values()).flatMap(action -> action.metadata().stream()))
          .collect(Collectors.toUnmodifiableSet());

  private static final Pattern WORDS = Pattern.compile("[^\\x00-\\x1f\\x7f]{1,4000}");

  /**
   * The entry of an action that is neither a call nor a transition.
   *
   * @throws IllegalArgumentException for metadata that the action does not list
   */
  public static AuditEntry own(
      String tenantId,
      Instant at,
      AuditAction action,
      String resource,
      Outcome outcome,
      Map<String, String> metadata) {
    return own(tenantId, at, action, action.word(), resource, outcome, metadata);
  }

  /**
   * The entry of an event of Stripe. An event whose name is no valid action becomes {@code
   * stripe.other}.
   */
  public static AuditEntry ofStripe(
      String tenantId, Instant at, String event, String resource, Map<String, String> metadata) {
    var action = "stripe." + event;
    var word = Rules.ACTION.matcher(action).matches() ? action : "stripe.other";
    return own(tenantId, at, AuditAction.STRIPE_EVENT, word, resource, Outcome.allowed, metadata);
  }

  private static AuditEntry own(
      String tenantId,
      Instant at,
      AuditAction action,
      String word,
      String resource,
      Outcome outcome,
      Map<String, String> metadata) {
    if (!action.metadata().containsAll(metadata.keySet())) {
      throw new IllegalArgumentException(
          "%s lists no such metadata: %s".formatted(action, metadata.keySet()));
    }
    return new AuditEntry(
        Ids.ulid(), tenantId, at, word, resource, outcome, null, null, null, null, null, metadata);
  }

  /** Checks the contract's rules, and drops metadata that is not allowed. */
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

  /** The outcome. */
  public enum Outcome {
    allowed,
    denied,
    failed;

    /**
     * The outcome of a status: 401, 402, 403, 404 and 429 are refusals; other errors are failures.
     */
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
