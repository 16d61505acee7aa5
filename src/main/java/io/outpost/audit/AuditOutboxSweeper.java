package io.outpost.audit;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.outpost.aws.Names;
import io.outpost.kernel.Json;
import io.outpost.kernel.Shards;
import io.outpost.store.Items;
import io.outpost.telemetry.Metric;
import io.outpost.telemetry.Reading;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;

/**
 * Finds entries that were written with their change but never reached the audit queue, because
 * their process was killed. Stateless.
 */
@Component("auditOutboxSweeper")
public class AuditOutboxSweeper {

  /** The time after which an entry that was sent again is checked once more. */
  private static final Duration AGAIN = Duration.ofMinutes(30);

  private final DynamoDbClient dynamoDb;
  private final Items items;
  private final Names names;
  private final Reading age;
  private final Counter resent;

  AuditOutboxSweeper(DynamoDbClient dynamoDb, Items items, Names names, MeterRegistry meters) {
    this.age = Metric.AUDIT_OUTBOX_AGE.reading(meters);
    this.resent = Metric.AUDIT_RESENT.counter(meters);
    this.dynamoDb = dynamoDb;
    this.items = items;
    this.names = names;
  }

  /** Takes due entries for one message; no other worker sends them meanwhile. */
  public List<AuditEntry> take() {
    var taken = new ArrayList<AuditEntry>();
    for (var shard : Shards.all(AuditTrail.UNTOLD)) {
      var due =
          dynamoDb.query(
              q ->
                  q.tableName(names.table("audit"))
                      .indexName("open")
                      .keyConditionExpression("open_shard = :shard AND open_due < :now")
                      .limit(TenantBatch.MESSAGE - taken.size())
                      .expressionAttributeValues(
                          Map.of(
                              ":shard", Items.text(shard),
                              ":now", Items.text(Json.time(Instant.now())))));
      due.items().stream()
          .filter(this::take)
          .map(item -> items.read(item, AuditEntry.class))
          .forEach(taken::add);
      if (taken.size() == TenantBatch.MESSAGE) {
        break;
      }
    }
    resent.increment(taken.size());
    age.set(
        taken.stream()
            .mapToLong(entry -> Duration.between(entry.timestamp(), Instant.now()).toSeconds())
            .max()
            .orElse(0));
    return taken;
  }

  private boolean take(Map<String, AttributeValue> item) {
    try {
      dynamoDb.updateItem(
          u ->
              u.tableName(names.table("audit"))
                  .key(Map.of("tenant_id", item.get("tenant_id"), "sk", item.get("sk")))
                  .updateExpression("SET open_due = :again")
                  .conditionExpression("open_due = :due")
                  .expressionAttributeValues(
                      Map.of(
                          ":due", item.get("open_due"),
                          ":again", Items.text(Json.time(Instant.now().plus(AGAIN))))));
      return true;
    } catch (ConditionalCheckFailedException e) {
      return false;
    }
  }
}
