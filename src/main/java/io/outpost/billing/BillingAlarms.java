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
 * What only an operator can mend at Stripe: raised once, standing until the same thing works again.
 * Thread-safe.
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
   * An alarm that stands.
   *
   * @param what what does not work: {@code usage}, {@code checkout}, …
   * @param why Stripe's words, or ours
   * @param announced whether operators were told
   */
  public record Alarm(String what, String why, Instant since, boolean announced) {}

  /** Raises an alarm; whether it is new, for the same one is not raised twice. */
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

  /** The thing works again. */
  public void clear(@ExchangeProperty("alarm") String what) {
    dynamoDb.deleteItem(d -> d.tableName(names.table("usage")).key(key(what)));
  }

  /** The alarms that stand, by name. */
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

  /** Whether one of this name stands. */
  public boolean stands(String what) {
    return dynamoDb.getItem(g -> g.tableName(names.table("usage")).key(key(what))).hasItem();
  }

  /** The alarms that operators were not told of. */
  public List<Alarm> unannounced() {
    return standing().stream().filter(alarm -> !alarm.announced()).toList();
  }

  /** Operators were told. */
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
      // It was mended meanwhile, or there is another reason now.
    }
  }

  private static Map<String, AttributeValue> key(String what) {
    return Map.of("tenant_id", Items.text(PARTITION), "sk", Items.text(what));
  }
}
