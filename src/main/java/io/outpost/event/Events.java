package io.outpost.event;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.aws.Names;
import io.outpost.kernel.Ids;
import io.outpost.kernel.Json;
import io.outpost.store.Change;
import io.outpost.store.Items;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Put;

/**
 * The outbox: adds an event to the transaction of what it tells of, so that there is neither
 * without the other. For a tenant without an endpoint nothing is added. Thread-safe.
 */
@Component
public class Events {

  /** How long events and their deliveries can be read and sent again. */
  public static final Duration KEPT = Duration.ofDays(30);

  private final EventAudience audience;
  private final OutboxPace pace;
  private final ObjectMapper mapper;
  private final Items items;
  private final Names names;

  Events(EventAudience audience, OutboxPace pace, ObjectMapper mapper, Items items, Names names) {
    this.audience = audience;
    this.pace = pace;
    this.mapper = mapper;
    this.items = items;
    this.names = names;
  }

  /** Adds an event to the change, when the tenant has somebody to tell. */
  public void add(Change change, String tenantId, EventType type, Instant at, Object data) {
    add(change, tenantId, type, at, data, null, null);
  }

  /**
   * The same of an event that is about something.
   *
   * @param subject its id
   * @param traceParent the W3C trace context of what it tells of; may be null
   */
  public void add(
      Change change,
      String tenantId,
      EventType type,
      Instant at,
      Object data,
      @Nullable String subject,
      @Nullable String traceParent) {
    if (audience.mayListen(tenantId)) {
      put(change, event(tenantId, type, at, data, subject, traceParent), at);
      pace.wakeAfter(change, tenantId);
    }
  }

  /**
   * Adds an event of the future, whoever will listen then.
   *
   * @param due when it is told
   * @param subject what it is about, to be looked at again by then
   */
  public void schedule(
      Change change,
      String tenantId,
      EventType type,
      Instant due,
      Object data,
      @Nullable String subject) {
    put(change, event(tenantId, type, due, data, subject, null), due);
  }

  /** A new event. */
  public Event event(
      String tenantId,
      EventType type,
      Instant at,
      Object data,
      @Nullable String subject,
      @Nullable String traceParent) {
    return new Event(tenantId, Ids.ulid(), type, at, payload(type, at, data), subject, traceParent);
  }

  /** An event as it is kept, with nothing to distribute. */
  public Map<String, AttributeValue> item(Event event) {
    var item = items.write(event);
    item.put("sk", Items.text(Event.SK_PREFIX + event.eventId()));
    item.put("expires_at", Items.number(event.at().plus(KEPT).getEpochSecond()));
    return item;
  }

  private void put(Change change, Event event, Instant due) {
    var item = item(event);
    item.putAll(Event.DUE.keys(event.eventId(), due));
    change.put(Put.builder().tableName(names.table("webhooks")).item(item));
  }

  private String payload(EventType type, Instant at, Object data) {
    var body = new LinkedHashMap<String, Object>();
    body.put("type", type.word());
    body.put("timestamp", Json.time(at));
    body.put("data", data);
    try {
      return mapper.writeValueAsString(body);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
