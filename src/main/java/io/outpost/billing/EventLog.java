package io.outpost.billing;

import io.outpost.audit.AuditEntry;
import io.outpost.audit.AuditTrail;
import io.outpost.aws.Names;
import io.outpost.kernel.Ids;
import io.outpost.kernel.Json;
import io.outpost.store.Change;
import io.outpost.store.Items;
import io.outpost.store.Transactions;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.Update;

/**
 * Records which Stripe events were received, and which were applied. Stripe lists events for 30
 * days; we keep ours for 35. Thread-safe.
 */
@Component("eventLog")
public class EventLog {
  private static final Duration KEPT = Duration.ofDays(35);

  private final DynamoDbClient dynamoDb;
  private final Names names;
  private final Transactions transactions;
  private final AuditTrail trail;

  EventLog(DynamoDbClient dynamoDb, Names names, Transactions transactions, AuditTrail trail) {
    this.dynamoDb = dynamoDb;
    this.names = names;
    this.transactions = transactions;
    this.trail = trail;
  }

  /** Thrown from the transaction: the event was applied before. */
  private static final class Applied extends RuntimeException {
    private static final long serialVersionUID = 1;

    Applied() {
      super(null, null, false, false);
    }
  }

  /**
   * Records that the event was received.
   *
   * @return whether the event must still be applied; false when it was applied before
   */
  public boolean remember(@ExchangeProperty("event") StripeEvent event) {
    try {
      dynamoDb.updateItem(
          u ->
              u.tableName(names.table("events"))
                  .key(key(event.id()))
                  .updateExpression(
                      "SET #type = :type, created = :created, expires_at = :expires,"
                          + " received_at = if_not_exists(received_at, :now)")
                  .conditionExpression("attribute_not_exists(applied_at)")
                  .expressionAttributeNames(Map.of("#type", "type"))
                  .expressionAttributeValues(
                      Map.of(
                          ":type", Items.text(event.type()),
                          ":created", Items.text(Json.time(event.created())),
                          ":expires", Items.number(Instant.now().plus(KEPT).getEpochSecond()),
                          ":now", Items.text(Json.time(Instant.now())))));
      return true;
    } catch (ConditionalCheckFailedException e) {
      return false;
    }
  }

  /**
   * Records once that the event was applied, together with its audit entry, which goes into the
   * property {@code audited}.
   */
  public void applied(
      @ExchangeProperty("event") StripeEvent event,
      @ExchangeProperty("tenantId") String tenantId,
      Exchange exchange) {
    AuditEntry entry = entry(event, tenantId == null ? Ids.OPERATORS : tenantId);
    Change change = new Change();
    change.update(
        Update.builder()
            .tableName(names.table("events"))
            .key(key(event.id()))
            .updateExpression("SET applied_at = :now")
            .conditionExpression("attribute_not_exists(applied_at)")
            .expressionAttributeValues(Map.of(":now", Items.text(Json.time(entry.timestamp())))),
        old -> new Applied());
    trail.add(change, entry);
    try {
      transactions.write(change);
      exchange.setProperty("audited", entry);
    } catch (Applied e) {
      exchange.removeProperty("audited");
    }
  }

  private static AuditEntry entry(StripeEvent event, String tenantId) {
    return AuditEntry.ofStripe(
        tenantId,
        Instant.now(),
        event.type(),
        "/stripe/events/" + event.id(),
        Map.of("api_version", event.apiVersion(), "created", Json.time(event.created())));
  }

  private static Map<String, AttributeValue> key(String id) {
    return Map.of("event_id", Items.text(id));
  }
}
