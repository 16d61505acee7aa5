package io.outpost.webhooks;

import io.outpost.audit.AuditAction;
import io.outpost.audit.AuditEntry;
import io.outpost.audit.AuditTrail;
import io.outpost.aws.Names;
import io.outpost.event.Event;
import io.outpost.event.OutboxPace;
import io.outpost.kernel.Ids;
import io.outpost.kernel.Json;
import io.outpost.store.Change;
import io.outpost.store.Items;
import io.outpost.store.Transactions;
import io.outpost.webhooks.EventOutbox.Named;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.ReturnValue;
import software.amazon.awssdk.services.dynamodb.model.Update;

/**
 * The steps of serving an endpoint. Only one worker at a time serves it, under a lease, so that a
 * slow endpoint delays only itself. Thread-safe.
 */
@Component("endpointRounds")
public class EndpointRounds {

  /** How long a lease lasts: longer than a round takes. */
  private static final Duration LEASE = Duration.ofSeconds(90);

  private static final Duration PAUSE = Duration.ofSeconds(10);

  private static final int TRIES = 5;

  private final OutboxPace pace;
  private final WebhookSettings settings;
  private final Transactions transactions;
  private final AuditTrail trail;
  private final DynamoDbClient dynamoDb;
  private final Items items;
  private final Names names;
  private final Semaphore rounds;

  /**
   * The endpoints that wait because of a failure of ours, by id. An endpoint leaves when it is
   * served again.
   */
  private final Map<String, Late> late = new ConcurrentHashMap<>();

  /** Since when an endpoint's delivery is due, and until when no other worker may serve it. */
  private record Late(Instant due, Instant until) {}

  EndpointRounds(
      OutboxPace pace,
      WebhookSettings settings,
      Transactions transactions,
      AuditTrail trail,
      DynamoDbClient dynamoDb,
      Items items,
      Names names) {
    this.pace = pace;
    this.settings = settings;
    this.transactions = transactions;
    this.trail = trail;
    this.dynamoDb = dynamoDb;
    this.items = items;
    this.names = names;
    this.rounds = new Semaphore(settings.endpointsAtOnce());
  }

  /**
   * Takes the lease of an endpoint; null when another worker has it, when the endpoint has asked
   * for a pause or is disabled, or when this worker already serves as many endpoints as it may.
   */
  public @Nullable Round take(@Body Named named) {
    if (!rounds.tryAcquire()) {
      return null;
    }
    var taken = false;
    try {
      var round = lease(named);
      taken = round != null;
      return round;
    } finally {
      if (!taken) {
        rounds.release();
      }
    }
  }

  private @Nullable Round lease(Named named) {
    var now = Instant.now();
    var lease = Ids.ulid();
    try {
      var item =
          dynamoDb
              .updateItem(
                  u ->
                      u.tableName(table())
                          .key(Endpoint.key(named.tenantId(), named.id()))
                          .updateExpression(
                              "SET lease_id = :lease, lease_due = :until, open_due = :until")
                          .conditionExpression(
                              "attribute_exists(open_due) AND #status = :enabled"
                                  + " AND (attribute_not_exists(lease_due) OR lease_due < :now)")
                          .expressionAttributeNames(Map.of("#status", "status"))
                          .expressionAttributeValues(
                              Map.of(
                                  ":lease", Items.text(lease),
                                  ":until", Items.text(Json.time(now.plus(LEASE))),
                                  ":now", Items.text(Json.time(now)),
                                  ":enabled", Items.text(Endpoint.Status.enabled.name())))
                          .returnValues(ReturnValue.ALL_NEW))
              .attributes();
      var free = text(item, "free_since");
      return new Round(
          items.read(item, Endpoint.class),
          lease,
          Items.required(item, "mark").s(),
          free == null ? Instant.MIN : Instant.parse(free));
    } catch (ConditionalCheckFailedException e) {
      return null;
    }
  }

  /**
   * A delivery in the queue of its endpoint.
   *
   * @param sk the sort key of its place in the queue
   */
  public record Queued(String sk, String deliveryId) {}

  /** The due deliveries, at most as many as are sent in parallel. */
  public List<Queued> due(@ExchangeProperty("round") Round round) {
    var now = Json.time(Instant.now()) + "~";
    return queued(
            round,
            Delivery.duePrefix(round.endpoint().webhookId()) + now,
            settings.deliveriesAtOnce())
        .stream()
        .map(
            item ->
                new Queued(Items.required(item, "sk").s(), Items.required(item, "delivery_id").s()))
        .toList();
  }

  private List<Map<String, AttributeValue>> queued(Round round, String until, int most) {
    var prefix = Delivery.duePrefix(round.endpoint().webhookId());
    Map<String, AttributeValue> values =
        Map.of(
            ":tenant", Items.text(round.endpoint().tenantId()),
            ":from", Items.text(prefix),
            ":until", Items.text(until));
    return dynamoDb
        .query(
            q ->
                q.tableName(table())
                    .keyConditionExpression("tenant_id = :tenant AND sk BETWEEN :from AND :until")
                    .consistentRead(true)
                    .limit(most)
                    .expressionAttributeValues(values))
        .items();
  }

  /** Makes the endpoint wait after a failure of ours. */
  public void pause(@ExchangeProperty("round") Round round) {
    round.pause(Instant.now().plus(PAUSE));
  }

  /** Whether no delivery has succeeded for so long that the endpoint must be disabled. */
  public boolean isFailingForTooLong(@ExchangeProperty("round") Round round) {
    var since = round.endpoint().failingSince();
    return round.hasFailed()
        && since != null
        && since.plus(settings.disableAfter()).isBefore(Instant.now());
  }

  /**
   * Releases the endpoint until its next delivery is due. Returns whether one is due now.
   *
   * <p>A delivery that was queued during the round has changed the mark; then the queue is read
   * again.
   */
  public boolean release(@ExchangeProperty("round") Round round) {
    try {
      var mark = round.mark();
      for (int tries = 1; tries <= TRIES; tries++) {
        var due = firstDue(round);
        var wait = round.waitsUntil();
        var next = due != null && wait != null && wait.isAfter(due) ? wait : due;
        try {
          release(round, next, mark);
          noteLate(round, due);
          if (next != null) {
            pace.comes(next);
          }
          return next != null && !next.isAfter(Instant.now());
        } catch (ConditionalCheckFailedException e) {
          if (!e.hasItem() || !round.lease().equals(text(e.item(), "lease_id"))) {
            // The endpoint was deleted or disabled, or the lease had ended.
            return false;
          }
          mark = Items.required(e.item(), "mark").s();
        }
      }
      return false;
    } finally {
      rounds.release();
    }
  }

  private void noteLate(Round round, @Nullable Instant due) {
    var pause = round.pausedUntil();
    var rest = round.restUntil();
    var rests = rest != null && rest.isAfter(Instant.now());
    var id = round.endpoint().webhookId();
    if (pause == null || due == null || rests) {
      late.remove(id);
    } else {
      late.put(id, new Late(due, pause.plus(PAUSE.multipliedBy(3))));
    }
  }

  /**
   * Since when an endpoint has been waiting because of a failure of ours, of all of them the
   * earliest; null when none waits.
   */
  @Nullable Instant lateSince() {
    var now = Instant.now();
    late.values().removeIf(one -> one.until().isBefore(now));
    return late.values().stream().map(Late::due).min(Comparator.naturalOrder()).orElse(null);
  }

  /** When the first delivery in the endpoint's queue is due; null when the queue is empty. */
  private @Nullable Instant firstDue(Round round) {
    var prefix = Delivery.duePrefix(round.endpoint().webhookId());
    var first = queued(round, prefix + "~", 1);
    if (first.isEmpty()) {
      return null;
    }
    var sk = Items.required(first.getFirst(), "sk").s();
    return Instant.parse(sk.substring(prefix.length(), sk.lastIndexOf('#')));
  }

  /** Releases the endpoint. During a pause the lease stays, without a holder. */
  private void release(Round round, @Nullable Instant next, String mark) {
    var values = new HashMap<String, AttributeValue>();
    values.put(":lease", Items.text(round.lease()));
    values.put(":mark", Items.text(mark));
    var sets = new ArrayList<String>();
    var removes = new ArrayList<String>(List.of("lease_id"));
    var rest = round.restUntil();
    var now = Instant.now();
    var asked = rest != null && rest.isAfter(now) ? rest : null;
    // A wait because of our own failure does not change since when the endpoint has been free: the
    // delay is our fault, and alarms must see it.
    if (asked != null || round.pausedUntil() == null) {
      sets.add("free_since = :free");
      values.put(":free", Items.text(Json.time(asked == null ? now : asked)));
    }
    var wait = round.waitsUntil();
    if (wait == null) {
      removes.add("lease_due");
    } else {
      sets.add("lease_due = :wait");
      values.put(":wait", Items.text(Json.time(wait)));
    }
    if (next == null) {
      removes.addAll(Event.DUE.names());
    } else {
      sets.add("open_due = :next");
      values.put(":next", Items.text(Json.time(next)));
    }
    if (round.hasSucceeded()) {
      removes.add("failing_since");
    } else if (round.hasFailed()) {
      sets.add("failing_since = if_not_exists(failing_since, :failed)");
      values.put(":failed", Items.text(Json.time(now)));
    }
    dynamoDb.updateItem(
        u ->
            u.tableName(table())
                .key(Endpoint.key(round.endpoint().tenantId(), round.endpoint().webhookId()))
                .updateExpression(
                    "SET " + String.join(", ", sets) + " REMOVE " + String.join(", ", removes))
                .conditionExpression("lease_id = :lease AND mark = :mark")
                .expressionAttributeValues(values)
                .returnValuesOnConditionCheckFailure("ALL_OLD"));
  }

  /**
   * Disables the endpoint and writes the reason into its tenant's audit. The property {@code
   * transition} gets the audit entry, unless the endpoint was disabled or deleted meanwhile.
   */
  public void disable(String reason, @ExchangeProperty("round") Round round, Exchange exchange) {
    try {
      var endpoint = round.endpoint();
      var entry = disabled(endpoint, reason);
      var change = new Change();
      change.update(
          Update.builder()
              .tableName(table())
              .key(Endpoint.key(endpoint.tenantId(), endpoint.webhookId()))
              .updateExpression(
                  "SET #status = :disabled, disabled_reason = :reason, updated_at = :now"
                      + " REMOVE lease_id, lease_due, "
                      + String.join(", ", Event.DUE.names()))
              .conditionExpression("lease_id = :lease")
              .expressionAttributeNames(Map.of("#status", "status"))
              .expressionAttributeValues(
                  Map.of(
                      ":disabled", Items.text(Endpoint.Status.disabled.name()),
                      ":reason", Items.text(reason),
                      ":now", Items.text(Json.time(entry.timestamp())),
                      ":lease", Items.text(round.lease()))),
          old -> new DeliveryQueue.Moved());
      trail.add(change, entry);
      transactions.write(change);
      exchange.setProperty("transition", entry);
    } catch (DeliveryQueue.Moved moved) {
      // The endpoint has meanwhile been disabled, deleted or enabled again.
    } finally {
      rounds.release();
    }
  }

  private static AuditEntry disabled(Endpoint endpoint, String reason) {
    return AuditEntry.own(
        endpoint.tenantId(),
        Instant.now(),
        AuditAction.WEBHOOK_DISABLED,
        "/tenants/" + endpoint.tenantId() + "/webhooks/" + endpoint.webhookId(),
        AuditEntry.Outcome.allowed,
        Map.of("reason", reason));
  }

  private static @Nullable String text(Map<String, AttributeValue> item, String name) {
    return item.containsKey(name) ? item.get(name).s() : null;
  }

  private String table() {
    return names.table("webhooks");
  }
}
