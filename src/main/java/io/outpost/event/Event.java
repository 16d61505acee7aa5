package io.outpost.event;

import io.outpost.kernel.Rules;
import io.outpost.store.DueIndex;
import io.outpost.tenant.Tenant;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * Something that a tenant is told of. Stored in the table webhooks under {@code event#<event_id>};
 * while it is to be distributed it is in the index open.
 *
 * @param payload the body as it is sent, the same bytes each time
 * @param subject the id of the job or key that it is about; null: it is about something else
 * @param traceParent the W3C trace context of what it tells of; null: it has none
 */
public record Event(
    String tenantId,
    String eventId,
    EventType type,
    Instant at,
    String payload,
    @Nullable String subject,
    @Nullable String traceParent) {

  /** Where the sort keys of a tenant's events begin. */
  public static final String SK_PREFIX = "event#";

  /** Where the sort keys begin that say what became of the events of a job. */
  public static final String TOLD_PREFIX = "told#";

  /** What is to be done about webhooks: an event to distribute, an endpoint to serve. */
  public static final DueIndex DUE = new DueIndex("webhooks");

  /** What an event must have. */
  public Event {
    Rules.form("tenant_id", tenantId, Rules.UUID);
    Rules.form("event_id", eventId, Rules.ULID);
    Rules.present("type", type);
    Rules.present("payload", payload);
  }

  /** Whether it tells of a job. */
  public boolean isOfJob() {
    return type.word().startsWith("job.") && subject != null;
  }

  /** The primary key of an event. */
  public static Map<String, AttributeValue> key(String tenantId, String eventId) {
    return Tenant.key(tenantId, SK_PREFIX + eventId);
  }
}
