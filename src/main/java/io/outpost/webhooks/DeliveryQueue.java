package io.outpost.webhooks;

import io.outpost.aws.Names;
import io.outpost.event.Event;
import io.outpost.event.Events;
import io.outpost.event.OutboxPace;
import io.outpost.kernel.Ids;
import io.outpost.kernel.Json;
import io.outpost.kernel.Problem;
import io.outpost.store.Change;
import io.outpost.store.Items;
import io.outpost.tenant.Tenant;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Delete;
import software.amazon.awssdk.services.dynamodb.model.Put;
import software.amazon.awssdk.services.dynamodb.model.Update;

/**
 * The writes that add a delivery to its endpoint's queue, move it there and remove it. The queue is
 * read consistently, so no delivery is overlooked. Stateless.
 */
@Component
class DeliveryQueue {

  private final OutboxPace pace;
  private final Items items;
  private final Names names;

  DeliveryQueue(OutboxPace pace, Items items, Names names) {
    this.pace = pace;
    this.items = items;
    this.names = names;
  }

  /** The endpoint or the delivery has changed, so nothing was written. */
  static final class Moved extends Problem {
    private static final long serialVersionUID = 1L;

    Moved() {
      super(Code.CONFLICT, "The webhook or the delivery has changed meanwhile; try again.");
    }
  }

  /** Adds a new delivery, which is due at once, and makes its endpoint due. */
  Delivery add(Change change, Endpoint endpoint, Event event) {
    var delivery = Delivery.fresh(endpoint, event, Ids.ulid(), now());
    change.put(Put.builder().tableName(table()).item(item(delivery)));
    due(change, delivery);
    serve(change, endpoint.tenantId(), endpoint.webhookId());
    return delivery;
  }

  /** Replaces a delivery by its new state, also in the queue. */
  void replace(Change change, Delivery before, Delivery after) {
    var values = new HashMap<String, AttributeValue>();
    var condition = "#status = :was AND ";
    values.put(":was", Items.text(before.status().name()));
    if (before.nextAttemptAt() == null) {
      condition += "attribute_not_exists(next_attempt_at)";
    } else {
      condition += "next_attempt_at = :due";
      values.put(":due", Items.text(Json.time(before.nextAttemptAt())));
    }
    change.put(
        Put.builder()
            .tableName(table())
            .item(item(after))
            .conditionExpression(condition)
            .expressionAttributeNames(Map.of("#status", "status"))
            .expressionAttributeValues(values),
        old -> new Moved());
    if (before.dueSk() != null && !before.dueSk().equals(after.dueSk())) {
      drop(change, before.tenantId(), before.dueSk());
    }
    if (after.dueSk() != null && !after.dueSk().equals(before.dueSk())) {
      due(change, after);
    }
  }

  /** Removes a delivery's place in the queue. */
  void drop(Change change, String tenantId, String dueSk) {
    change.delete(Delete.builder().tableName(table()).key(Tenant.key(tenantId, dueSk)));
  }

  /** Makes the endpoint due. If a worker is serving it, the changed mark tells that worker. */
  void serve(Change change, String tenantId, String webhookId) {
    var values = new HashMap<String, AttributeValue>();
    values.put(":mark", Items.text(Ids.ulid()));
    values.put(":enabled", Items.text(Endpoint.Status.enabled.name()));
    Event.DUE.keys(webhookId, now()).forEach((name, value) -> values.put(":" + name, value));
    change.update(
        Update.builder()
            .tableName(table())
            .key(Endpoint.key(tenantId, webhookId))
            .updateExpression(
                "SET mark = :mark, open_shard = :open_shard,"
                    + " open_due = if_not_exists(lease_due, :open_due)")
            .conditionExpression("#status = :enabled")
            .expressionAttributeNames(Map.of("#status", "status"))
            .expressionAttributeValues(values),
        old -> new Moved());
    pace.wakeAfter(change);
  }

  /**
   * Records the result of a delivery for the job's timeline. A result of the same delivery that is
   * sent again replaces it.
   */
  void tell(Change change, Outgoing outgoing, Delivery.Status status, Answer answer) {
    var delivery = outgoing.delivery();
    var sk = Event.TOLD_PREFIX + outgoing.event().subject() + "#" + delivery.deliveryId();
    change.put(
        Put.builder()
            .tableName(table())
            .item(
                Map.of(
                    "tenant_id", Items.text(delivery.tenantId()),
                    "sk", Items.text(sk),
                    "at", Items.text(Json.time(answer.at())),
                    "reason", Items.text(status.name()),
                    "detail", Items.text(delivery.type().word() + " to " + delivery.webhookId()),
                    "expires_at", expires(delivery))));
  }

  private void due(Change change, Delivery delivery) {
    change.put(
        Put.builder()
            .tableName(table())
            .item(
                Map.of(
                    "tenant_id", Items.text(delivery.tenantId()),
                    "sk", Items.text(dueSk(delivery)),
                    "delivery_id", Items.text(delivery.deliveryId()),
                    "expires_at", expires(delivery))));
  }

  private static String dueSk(Delivery delivery) {
    return Objects.requireNonNull(delivery.dueSk(), "Only a pending delivery is in a queue");
  }

  private Map<String, AttributeValue> item(Delivery delivery) {
    var item = items.write(delivery);
    item.putAll(delivery.key());
    item.put("expires_at", expires(delivery));
    return item;
  }

  private static AttributeValue expires(Delivery delivery) {
    return Items.number(delivery.createdAt().plus(Events.KEPT).getEpochSecond());
  }

  private String table() {
    return names.table("webhooks");
  }

  private static Instant now() {
    return Instant.now().truncatedTo(ChronoUnit.MILLIS);
  }
}
