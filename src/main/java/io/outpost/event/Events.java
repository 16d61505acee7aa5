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
 * The outbox: adds an event to the transaction of the change that it reports, so that neither
 * exists without the other. Adds nothing for tenants without endpoints. Thread-safe.
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

  /** Adds an event to the change, when the tenant has an endpoint. */
  public void add(Change change, String tenantId, EventType type, Instant at, Object data) {
    add(change, tenantId, type, at, data, null, null);
  }

  /**
   * Adds an event about a job or key, when the tenant has an endpoint.
   *
   * @param subject the id of the job or key
   * @param traceParent the W3C trace context of the reported change; may be null
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
      pace.wakeAfter(change);
    }
  }

  /**
   * Adds an event that is sent later. The tenant need not have an endpoint yet.
   *
   * @param due when it is sent
   * @param subject the id of what the event is about, which is checked again at that time
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

  /** The item of an event that is stored but not distributed. */
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
