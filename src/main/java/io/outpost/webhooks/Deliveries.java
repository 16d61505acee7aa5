package io.outpost.webhooks;

import com.fasterxml.jackson.databind.JsonNode;
import io.outpost.aws.Names;
import io.outpost.event.Event;
import io.outpost.event.EventType;
import io.outpost.event.Events;
import io.outpost.kernel.Ids;
import io.outpost.kernel.Page;
import io.outpost.kernel.Problem;
import io.outpost.kernel.Times;
import io.outpost.store.Change;
import io.outpost.store.Items;
import io.outpost.store.Pages;
import io.outpost.store.Transactions;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Header;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Put;

/** The steps of reading an endpoint's deliveries and of sending them again. Stateless. */
@Component("webhookDeliveries")
public class Deliveries {

  /** The maximum number of deliveries that one request sends again. */
  private static final int MOST_AT_ONCE = 1000;

  /**
   * How many deliveries are written together: a transaction has at most 100 writes, and a delivery
   * needs three.
   */
  private static final int BATCH = 30;

  private final DeliveryQueue queue;
  private final Events events;
  private final Transactions transactions;
  private final DynamoDbClient dynamoDb;
  private final Pages pages;
  private final Items items;
  private final Names names;

  Deliveries(
      DeliveryQueue queue,
      Events events,
      Transactions transactions,
      DynamoDbClient dynamoDb,
      Pages pages,
      Items items,
      Names names) {
    this.queue = queue;
    this.events = events;
    this.transactions = transactions;
    this.dynamoDb = dynamoDb;
    this.pages = pages;
    this.items = items;
    this.names = names;
  }

  /** The delivery that was created, or that is sent again. */
  public record Named(String deliveryId) {}

  /**
   * How many deliveries are sent again.
   *
   * @param more whether further ones match; the client then repeats the request with the time of
   *     the last one
   */
  public record Redelivered(int redelivered, boolean more) {}

  /** A page of deliveries, newest first, optionally of a status. */
  public Page<DeliveryView> list(
      @Header("tenant_id") String tenantId,
      @Header("webhook_id") String webhookId,
      @Header("status") String status,
      @Header("limit") int limit,
      @Header("cursor") String cursor) {
    var page =
        pages.read(
            q -> {
              var values = new HashMap<String, AttributeValue>();
              values.put(":tenant", Items.text(tenantId));
              values.put(":delivery", Items.text(Delivery.prefix(webhookId)));
              q.tableName(table())
                  .keyConditionExpression("tenant_id = :tenant AND begins_with(sk, :delivery)");
              if (status != null) {
                values.put(":status", Items.text(status));
                q.filterExpression("#status = :status")
                    .expressionAttributeNames(Map.of("#status", "status"));
              }
              q.expressionAttributeValues(values);
            },
            tenantId + " deliveries " + webhookId + " " + status,
            limit,
            cursor,
            Delivery.class);
    return new Page<>(page.data().stream().map(DeliveryView::of).toList(), page.nextCursor());
  }

  /** One delivery, with its request and answer. */
  public DeliveryView read(@Body Endpoint endpoint, @Header("delivery_id") String deliveryId) {
    var delivery = load(endpoint, deliveryId);
    var event = item(Event.key(endpoint.tenantId(), delivery.eventId()));
    return DeliveryView.whole(
        delivery,
        endpoint.url(),
        event.isEmpty() ? null : items.read(event, Event.class).payload());
  }

  /** Adds a test event and its delivery to the change. */
  public Named ping(@Body Endpoint endpoint, Exchange exchange) {
    requireEnabled(endpoint);
    var now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    var event =
        events.event(
            endpoint.tenantId(),
            EventType.PING,
            now,
            Map.of("webhook_id", endpoint.webhookId()),
            null,
            null);
    var change = Change.of(exchange);
    change.put(Put.builder().tableName(table()).item(events.item(event)));
    return new Named(queue.add(change, endpoint, event).deliveryId());
  }

  /** Schedules a delivery again, for now, in the change. */
  public Named again(
      @Body Endpoint endpoint, @Header("delivery_id") String deliveryId, Exchange exchange) {
    requireEnabled(endpoint);
    var delivery = load(endpoint, deliveryId);
    var change = Change.of(exchange);
    queue.replace(change, delivery, delivery.again(now()));
    queue.serve(change, endpoint.tenantId(), endpoint.webhookId());
    return new Named(deliveryId);
  }

  /**
   * Sends all deliveries since a time again, oldest first, except pending ones. Uses separate
   * transactions, because there may be many.
   *
   * @throws Problem 400 for a time that is too old
   */
  public Redelivered allSince(@Body Endpoint endpoint, @ExchangeProperty("request") JsonNode body) {
    requireEnabled(endpoint);
    var since = Times.parse(body.get("since").asText()).orElseThrow();
    if (since.isBefore(Instant.now().minus(Events.KEPT))) {
      throw Problem.invalid("since", "must be within the last 30 days");
    }
    var found = ended(endpoint, since);
    var more = found.size() > MOST_AT_ONCE;
    var chosen = more ? found.subList(0, MOST_AT_ONCE) : found;
    for (int from = 0; from < chosen.size(); from += BATCH) {
      var change = new Change();
      chosen
          .subList(from, Math.min(from + BATCH, chosen.size()))
          .forEach(delivery -> queue.replace(change, delivery, delivery.again(now())));
      queue.serve(change, endpoint.tenantId(), endpoint.webhookId());
      transactions.write(change);
    }
    return new Redelivered(chosen.size(), more);
  }

  private List<Delivery> ended(Endpoint endpoint, Instant since) {
    var prefix = Delivery.prefix(endpoint.webhookId());
    Map<String, AttributeValue> values =
        Map.of(
            ":tenant", Items.text(endpoint.tenantId()),
            ":from", Items.text(prefix + Ids.firstUlidAt(since)),
            ":to", Items.text(prefix + "~"),
            ":pending", Items.text(Delivery.Status.pending.name()));
    return dynamoDb
        .queryPaginator(
            q ->
                q.tableName(table())
                    .keyConditionExpression("tenant_id = :tenant AND sk BETWEEN :from AND :to")
                    .filterExpression("#status <> :pending")
                    .expressionAttributeNames(Map.of("#status", "status"))
                    .expressionAttributeValues(values))
        .items()
        .stream()
        .limit(MOST_AT_ONCE + 1L)
        .map(item -> items.read(item, Delivery.class))
        .toList();
  }

  private Delivery load(Endpoint endpoint, String deliveryId) {
    var found = item(Delivery.key(endpoint.tenantId(), endpoint.webhookId(), deliveryId));
    if (found.isEmpty()) {
      throw Problem.notFound("delivery");
    }
    return items.read(found, Delivery.class);
  }

  private Map<String, AttributeValue> item(Map<String, AttributeValue> key) {
    return dynamoDb.getItem(g -> g.tableName(table()).key(key).consistentRead(true)).item();
  }

  private static void requireEnabled(Endpoint endpoint) {
    if (endpoint.status() != Endpoint.Status.enabled) {
      throw new Problem(Problem.Code.CONFLICT, "The webhook is disabled: enable it first.");
    }
  }

  private String table() {
    return names.table("webhooks");
  }

  private static Instant now() {
    return Instant.now().truncatedTo(ChronoUnit.MILLIS);
  }
}
