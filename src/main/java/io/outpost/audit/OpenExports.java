package io.outpost.audit;

import io.outpost.aws.Names;
import io.outpost.kernel.Json;
import io.outpost.kernel.Shards;
import io.outpost.store.Items;
import io.outpost.tenant.Tenant;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.Body;
import org.apache.camel.ExchangeProperty;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;

/** The unfinished exports, each under the lease of at most one worker. Thread-safe. */
@Component("openExports")
public class OpenExports {

  /** The length of a worker's lease on an export. */
  private static final Duration LEASE = Duration.ofMinutes(10);

  private static final Duration RETRY = Duration.ofSeconds(30);
  private static final int ATTEMPTS = 3;
  private static final Map<String, String> STATUS = Map.of("#status", "status");

  private final DynamoDbClient dynamoDb;
  private final Items items;
  private final Names names;

  OpenExports(DynamoDbClient dynamoDb, Items items, Names names) {
    this.dynamoDb = dynamoDb;
    this.items = items;
    this.names = names;
  }

  /** A due export, with its due time when it was read. */
  record Due(Export export, String openDue) {}

  /** The due exports that no worker is making at present. */
  public List<Due> due() {
    var due = new ArrayList<Due>();
    for (var shard : Shards.all(Export.OPEN)) {
      dynamoDb
          .query(
              q ->
                  q.tableName(names.table("audit"))
                      .indexName("open")
                      .keyConditionExpression("open_shard = :shard AND open_due < :now")
                      .expressionAttributeValues(
                          Map.of(
                              ":shard", Items.text(shard),
                              ":now", Items.text(Json.time(Instant.now())))))
          .items()
          .forEach(
              item ->
                  due.add(
                      new Due(
                          items.read(item, Export.class), Items.required(item, "open_due").s())));
    }
    return due;
  }

  /** Takes an export for this worker; false when another worker was faster. */
  public boolean take(@Body Due due) {
    var values = new HashMap<String, AttributeValue>();
    values.put(":seen", Items.text(due.openDue()));
    values.put(":until", Items.text(Json.time(Instant.now().plus(LEASE))));
    values.put(":running", Items.text(Export.Status.running.name()));
    values.put(":one", Items.number(1));
    return update(
        due.export(),
        "SET open_due = :until, #status = :running ADD attempts :one",
        "open_due = :seen",
        values);
  }

  /** Renews the lease of the export. */
  public void keep(@ExchangeProperty("export") Export export) {
    update(
        export,
        "SET open_due = :until, #status = :running",
        "attribute_exists(open_due)",
        Map.of(
            ":until", Items.text(Json.time(Instant.now().plus(LEASE))),
            ":running", Items.text(Export.Status.running.name())));
  }

  /** Completes an export. */
  public void done(@Body ExportWork work) {
    var values = new HashMap<String, AttributeValue>();
    values.put(":done", Items.text(Export.Status.done.name()));
    values.put(":now", Items.text(Json.time(Instant.now())));
    values.put(":entries", Items.number(work.entries()));
    values.put(":manifest", Items.text(work.manifestSha256()));
    update(
        work.export(),
        "SET #status = :done, completed_at = :now, entries = :entries, manifest_sha256 = :manifest"
            + " REMOVE open_shard, open_due",
        "attribute_exists(open_due)",
        values);
  }

  /** Schedules another attempt at an export or, after the third, gives it up. */
  public void failed(@ExchangeProperty("export") Export export) {
    if (export.attempts() + 1 < ATTEMPTS) {
      update(
          export,
          "SET #status = :pending, open_due = :later",
          "attribute_exists(open_due)",
          Map.of(
              ":pending", Items.text(Export.Status.pending.name()),
              ":later", Items.text(Json.time(Instant.now().plus(RETRY)))));
    } else {
      update(
          export,
          "SET #status = :failed, completed_at = :now REMOVE open_shard, open_due",
          "attribute_exists(open_due)",
          Map.of(
              ":failed", Items.text(Export.Status.failed.name()),
              ":now", Items.text(Json.time(Instant.now()))));
    }
  }

  private boolean update(
      Export export, String expression, String condition, Map<String, AttributeValue> values) {
    try {
      dynamoDb.updateItem(
          u ->
              u.tableName(names.table("audit"))
                  .key(Tenant.key(export.tenantId(), Export.sk(export.exportId())))
                  .updateExpression(expression)
                  .conditionExpression(condition)
                  .expressionAttributeNames(STATUS)
                  .expressionAttributeValues(values));
      return true;
    } catch (ConditionalCheckFailedException e) {
      return false;
    }
  }
}
