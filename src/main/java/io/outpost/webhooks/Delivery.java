package io.outpost.webhooks;

import io.outpost.event.Event;
import io.outpost.event.EventType;
import io.outpost.kernel.Json;
import io.outpost.tenant.Tenant;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * The delivery of an event to one endpoint. Stored in the table webhooks under {@code
 * delivery#<webhook_id>#<delivery_id>}. While it is pending, a second item {@code
 * due#<webhook_id>#<time>…} says when it is tried next.
 *
 * @param tries attempts since it was last scheduled
 * @param attempts the last attempts
 */
public record Delivery(
    String tenantId,
    String webhookId,
    String deliveryId,
    String eventId,
    EventType type,
    Status status,
    Instant createdAt,
    @Nullable Instant nextAttemptAt,
    int tries,
    List<Attempt> attempts) {

  private static final int MOST_ATTEMPTS = 20;

  /** Copies the list of attempts. */
  public Delivery {
    attempts = attempts == null ? List.of() : List.copyOf(attempts);
  }

  /** The status of a delivery. */
  public enum Status {
    pending,
    succeeded,
    failed
  }

  /**
   * One attempt.
   *
   * @param statusCode null when there was no answer
   * @param error why there was no answer; null when there was one
   * @param responseBody the first bytes of the answer, as text
   */
  public record Attempt(
      Instant at,
      @Nullable Integer statusCode,
      @Nullable String error,
      long durationMs,
      Map<String, String> requestHeaders,
      Map<String, String> responseHeaders,
      @Nullable String responseBody) {}

  static Delivery fresh(Endpoint endpoint, Event event, String id, Instant now) {
    return new Delivery(
        endpoint.tenantId(),
        endpoint.webhookId(),
        id,
        event.eventId(),
        event.type(),
        Status.pending,
        now,
        now,
        0,
        List.of());
  }

  /** The delivery after an attempt. */
  Delivery tried(Attempt attempt, Status now, @Nullable Instant next) {
    var all = new ArrayList<>(attempts);
    all.add(attempt);
    while (all.size() > MOST_ATTEMPTS) {
      all.removeFirst();
    }
    return new Delivery(
        tenantId, webhookId, deliveryId, eventId, type, now, createdAt, next, tries + 1, all);
  }

  /** The delivery, scheduled again. */
  Delivery again(Instant now) {
    return new Delivery(
        tenantId,
        webhookId,
        deliveryId,
        eventId,
        type,
        Status.pending,
        createdAt,
        now,
        0,
        attempts);
  }

  static String prefix(String webhookId) {
    return "delivery#" + webhookId + "#";
  }

  static Map<String, AttributeValue> key(String tenantId, String webhookId, String deliveryId) {
    return Tenant.key(tenantId, prefix(webhookId) + deliveryId);
  }

  Map<String, AttributeValue> key() {
    return key(tenantId, webhookId, deliveryId);
  }

  static String duePrefix(String webhookId) {
    return "due#" + webhookId + "#";
  }

  /** The sort key of the delivery's place in the endpoint's queue; null when it is not queued. */
  @Nullable String dueSk() {
    return nextAttemptAt == null
        ? null
        : duePrefix(webhookId) + Json.time(nextAttemptAt) + "#" + deliveryId;
  }
}
