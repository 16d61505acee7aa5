package io.outpost.webhooks;

import io.outpost.aws.Names;
import io.outpost.event.Event;
import io.outpost.event.EventType;
import io.outpost.event.OutboxPace;
import io.outpost.kernel.Json;
import io.outpost.store.Change;
import io.outpost.store.Items;
import io.outpost.store.Transactions;
import io.outpost.tenant.Tenant;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.apache.camel.Body;
import org.apache.camel.ExchangeProperty;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Update;

/**
 * The steps of distributing events to the endpoints that subscribed to them. Several workers may do
 * that at once: an event leaves the outbox in the transaction that creates its deliveries.
 * Stateless.
 */
@Component("eventOutbox")
public class EventOutbox {

  private static final int MOST_A_SHARD = 100;

  private final OutboxPace pace;
  private final EndpointRounds rounds;
  private final DeliveryQueue queue;
  private final Transactions transactions;
  private final DynamoDbClient dynamoDb;
  private final Items items;
  private final Names names;

  EventOutbox(
      OutboxPace pace,
      EndpointRounds rounds,
      DeliveryQueue queue,
      Transactions transactions,
      DynamoDbClient dynamoDb,
      Items items,
      Names names) {
    this.pace = pace;
    this.rounds = rounds;
    this.queue = queue;
    this.transactions = transactions;
    this.dynamoDb = dynamoDb;
    this.items = items;
    this.names = names;
  }

  /** An endpoint or an event, by tenant and id. */
  public record Named(String tenantId, String id) {}

  /**
   * Due work.
   *
   * @param endpoints endpoints with due deliveries
   * @param events events to distribute
   * @param oldest since when the longest overdue of them is due, or waits after a failure of ours;
   *     null: none
   */
  public record Due(List<Named> endpoints, List<Named> events, @Nullable Instant oldest) {}

  /**
   * The due work, longest overdue first; a limited number of each shard. The result decides when
   * the outbox is read again.
   */
  public Due due() {
    var now = Json.time(Instant.now());
    var horizon = Json.time(pace.horizon());
    var endpoints = new ArrayList<Named>();
    var events = new ArrayList<Named>();
    var late = rounds.lateSince();
    String oldest = late == null ? null : Json.time(late);
    String comes = null;
    var shards = new ArrayList<>(Event.DUE.shards());
    Collections.shuffle(shards);
    for (var shard : shards) {
      for (var item : due(shard, horizon)) {
        var since = Items.required(item, "open_due").s();
        if (since.compareTo(now) > 0) {
          comes = earlier(comes, since);
          continue;
        }
        var sk = Items.required(item, "sk").s();
        var named =
            new Named(Items.required(item, "tenant_id").s(), sk.substring(sk.indexOf('#') + 1));
        (sk.startsWith(Event.SK_PREFIX) ? events : endpoints).add(named);
        oldest = earlier(oldest, since);
      }
    }
    if (!endpoints.isEmpty() || !events.isEmpty()) {
      pace.wake();
    } else if (comes != null) {
      pace.comes(Instant.parse(comes));
    }
    return new Due(endpoints, events, oldest == null ? null : Instant.parse(oldest));
  }

  private static String earlier(@Nullable String one, String other) {
    return one == null || other.compareTo(one) < 0 ? other : one;
  }

  private List<Map<String, AttributeValue>> due(String shard, String horizon) {
    Map<String, AttributeValue> values =
        Map.of(":shard", Items.text(shard), ":horizon", Items.text(horizon));
    return dynamoDb
        .query(
            q ->
                q.tableName(names.table("webhooks"))
                    .indexName("open")
                    .keyConditionExpression("open_shard = :shard AND open_due <= :horizon")
                    .limit(MOST_A_SHARD)
                    .expressionAttributeValues(values))
        .items();
  }

  /** The due event; null when another worker has already distributed it. */
  public @Nullable Event read(@Body Named named) {
    var item = item("webhooks", Event.key(named.tenantId(), named.id()));
    return item.containsKey("open_due") ? items.read(item, Event.class) : null;
  }

  /**
   * The endpoints that subscribed to the event. Empty when the tenant is deleted, or when the event
   * warns of the expiry of a key that was meanwhile revoked or rotated.
   */
  public List<Endpoint> audience(@ExchangeProperty("customerEvent") Event event) {
    var tenant = item("tenants", Tenant.key(event.tenantId()));
    if (tenant.containsKey("status")
        && tenant.get("status").s().equals(Tenant.Status.deleted.name())) {
      return List.of();
    }
    if (event.type() == EventType.API_KEY_EXPIRING && !stillExpires(event)) {
      return List.of();
    }
    return dynamoDb
        .query(
            q ->
                q.tableName(names.table("webhooks"))
                    .keyConditionExpression("tenant_id = :tenant AND begins_with(sk, :endpoint)")
                    .consistentRead(true)
                    .expressionAttributeValues(
                        Map.of(
                            ":tenant", Items.text(event.tenantId()),
                            ":endpoint", Items.text(Endpoint.SK_PREFIX))))
        .items()
        .stream()
        .map(item -> items.read(item, Endpoint.class))
        .filter(endpoint -> endpoint.status() == Endpoint.Status.enabled)
        .filter(endpoint -> endpoint.events().contains(event.type()))
        .toList();
  }

  /**
   * Whether the key still expires unexpectedly: one that was revoked or rotated needs no warning.
   */
  private boolean stillExpires(Event event) {
    var key = item("tenants", Tenant.key(event.tenantId(), "key#" + event.subject()));
    return !key.isEmpty() && !key.containsKey("revoked_at") && !key.containsKey("own_end");
  }

  /**
   * Creates a delivery for each endpoint and removes the event from the outbox, in one transaction.
   * Returns the endpoints to serve now. Returns none when another worker was faster, or when an
   * endpoint has changed meanwhile; then the next sweep distributes the event.
   */
  public List<Named> distribute(
      @Body List<Endpoint> endpoints, @ExchangeProperty("customerEvent") Event event) {
    var change = new Change();
    change.update(
        Update.builder()
            .tableName(names.table("webhooks"))
            .key(Event.key(event.tenantId(), event.eventId()))
            .updateExpression("REMOVE " + String.join(", ", Event.DUE.names()))
            .conditionExpression("attribute_exists(open_due)"),
        old -> new DeliveryQueue.Moved());
    endpoints.forEach(endpoint -> queue.add(change, endpoint, event));
    try {
      transactions.write(change);
      return endpoints.stream()
          .map(endpoint -> new Named(endpoint.tenantId(), endpoint.webhookId()))
          .toList();
    } catch (DeliveryQueue.Moved moved) {
      return List.of();
    }
  }

  private Map<String, AttributeValue> item(String table, Map<String, AttributeValue> key) {
    return dynamoDb
        .getItem(g -> g.tableName(names.table(table)).key(key).consistentRead(true))
        .item();
  }
}
