package io.outpost.billing;

import io.outpost.aws.Names;
import io.outpost.kernel.Ids;
import io.outpost.kernel.Json;
import io.outpost.store.Items;
import java.time.Instant;
import java.util.Map;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;

/**
 * Lets one container at a time do what all of them have a timer for. A container that dies loses
 * its turn when the time is over. Thread-safe.
 */
@Component("clusterLock")
public class ClusterLock {
  private final String me = Ids.ulid();
  private final DynamoDbClient dynamoDb;
  private final Names names;

  ClusterLock(DynamoDbClient dynamoDb, Names names) {
    this.dynamoDb = dynamoDb;
    this.names = names;
  }

  /** Whether it is this container's turn at {@code what}, for so many seconds at most. */
  public boolean take(String what, int seconds) {
    Instant now = Instant.now();
    try {
      dynamoDb.updateItem(
          u ->
              u.tableName(names.table("usage"))
                  .key(key(what))
                  .updateExpression("SET taken_by = :me, taken_until = :until")
                  .conditionExpression("attribute_not_exists(taken_until) OR taken_until < :now")
                  .expressionAttributeValues(
                      Map.of(
                          ":me", Items.text(me),
                          ":until", Items.text(Json.time(now.plusSeconds(seconds))),
                          ":now", Items.text(Json.time(now)))));
      return true;
    } catch (ConditionalCheckFailedException e) {
      return false;
    }
  }

  /** Ends this container's turn before its time. */
  public void end(String what) {
    try {
      dynamoDb.updateItem(
          u ->
              u.tableName(names.table("usage"))
                  .key(key(what))
                  .updateExpression("REMOVE taken_by, taken_until")
                  .conditionExpression("taken_by = :me")
                  .expressionAttributeValues(Map.of(":me", Items.text(me))));
    } catch (ConditionalCheckFailedException e) {
      // It was over already, and another container has it.
    }
  }

  private static Map<String, AttributeValue> key(String what) {
    return Map.of("tenant_id", Items.text("turns"), "sk", Items.text(what));
  }
}
