package io.outpost.event;

import io.outpost.kernel.Rules;
import io.outpost.store.DueIndex;
import io.outpost.tenant.Tenant;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * A webhook event of a tenant. Stored in the table webhooks under {@code event#<event_id>}; in the
 * index {@code open} until it is distributed.
 *
 * @param payload the body, the same bytes at each delivery
 * @param subject the id of the job or key that the event is about; null: none
 * @param traceParent the W3C trace context of the reported change; null: none
 */
public record Event(
    String tenantId,
    String eventId,
    EventType type,
    Instant at,
    String payload,
    @Nullable String subject,
    @Nullable String traceParent) {

  /** The prefix of events' sort keys. */
  public static final String SK_PREFIX = "event#";

  /** The prefix of the sort keys under which the deliveries about a job are listed. */
  public static final String TOLD_PREFIX = "told#";

  /** Due work of webhooks: events to distribute, and endpoints with deliveries. */
  public static final DueIndex DUE = new DueIndex("webhooks");

  /** Checks the required fields. */
  public Event {
    Rules.form("tenant_id", tenantId, Rules.UUID);
    Rules.form("event_id", eventId, Rules.ULID);
    Rules.present("type", type);
    Rules.present("payload", payload);
  }

  /** Whether the event is about a job. */
  public boolean isOfJob() {
    return type.word().startsWith("job.") && subject != null;
  }

  /** The primary key of an event. */
  public static Map<String, AttributeValue> key(String tenantId, String eventId) {
    return Tenant.key(tenantId, SK_PREFIX + eventId);
  }
}
