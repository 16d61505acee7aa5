package io.outpost.billing;

import io.outpost.aws.Names;
import io.outpost.kernel.Json;
import io.outpost.store.Items;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.camel.ExchangeProperty;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;

/**
 * Alarms about faults at Stripe that only an operator can repair. An alarm is raised once, and
 * stays active until what failed works again. Thread-safe.
 */
@Component("billingAlarms")
public class BillingAlarms {
  private static final Logger LOG = LoggerFactory.getLogger(BillingAlarms.class);
  private static final String PARTITION = "billing-alarms";

  private final DynamoDbClient dynamoDb;
  private final Names names;

  BillingAlarms(DynamoDbClient dynamoDb, Names names) {
    this.dynamoDb = dynamoDb;
    this.names = names;
  }

  /**
   * An active alarm.
   *
   * @param what the failing part: {@code usage}, {@code checkout}, …
   * @param why the reason, in Stripe's words or ours
   * @param announced whether operators were notified
   */
  public record Alarm(String what, String why, Instant since, boolean announced) {}

  /** Raises an alarm; returns whether it is new, because the same alarm is not raised twice. */
  public boolean raise(
      @ExchangeProperty("alarm") String what, @ExchangeProperty("alarmWhy") String why) {
    var values =
        Map.of(
            ":why", Items.text(why),
            ":since", Items.text(Json.time(Instant.now())),
            ":false", AttributeValue.fromBool(false));
    try {
      dynamoDb.updateItem(
          u ->
              u.tableName(names.table("usage"))
                  .key(key(what))
                  .updateExpression("SET why = :why, since = :since, announced = :false")
                  .conditionExpression("attribute_not_exists(why) OR why <> :why")
                  .expressionAttributeValues(values));
    } catch (ConditionalCheckFailedException e) {
      return false;
    }
    LOG.error("Billing needs an operator: {}: {}", what, why);
    return true;
  }

  /** Ends an alarm. */
  public void clear(@ExchangeProperty("alarm") String what) {
    dynamoDb.deleteItem(d -> d.tableName(names.table("usage")).key(key(what)));
  }

  /** The active alarms, by name. */
  public List<Alarm> standing() {
    return dynamoDb
        .query(
            q ->
                q.tableName(names.table("usage"))
                    .keyConditionExpression("tenant_id = :alarms")
                    .expressionAttributeValues(Map.of(":alarms", Items.text(PARTITION))))
        .items()
        .stream()
        .map(
            item ->
                new Alarm(
                    Items.required(item, "sk").s(),
                    Items.required(item, "why").s(),
                    Instant.parse(Items.required(item, "since").s()),
                    Items.required(item, "announced").bool()))
        .toList();
  }

  /** Whether an alarm of this name is active. */
  public boolean stands(String what) {
    return dynamoDb.getItem(g -> g.tableName(names.table("usage")).key(key(what))).hasItem();
  }

  /** The active alarms that operators were not notified of yet. */
  public List<Alarm> unannounced() {
    return standing().stream().filter(alarm -> !alarm.announced()).toList();
  }

  /** Records that operators were notified. */
  public void announced(@ExchangeProperty("told") Alarm alarm) {
    try {
      dynamoDb.updateItem(
          u ->
              u.tableName(names.table("usage"))
                  .key(key(alarm.what()))
                  .updateExpression("SET announced = :true")
                  .conditionExpression("why = :why")
                  .expressionAttributeValues(
                      Map.of(
                          ":true",
                          AttributeValue.fromBool(true),
                          ":why",
                          Items.text(alarm.why()))));
    } catch (ConditionalCheckFailedException e) {
      // The alarm has meanwhile ended or got another reason.
    }
  }

  private static Map<String, AttributeValue> key(String what) {
    return Map.of("tenant_id", Items.text(PARTITION), "sk", Items.text(what));
  }
}
