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
 * A lock over all containers, so that only one at a time runs a timed route. The lock of a dead
 * container expires. Thread-safe.
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

  /**
   * Takes the lock {@code what} for at most this many seconds; false when another container has it.
   */
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

  /** Releases the lock early. */
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
      // The lock had expired, and another container has it.
    }
  }

  private static Map<String, AttributeValue> key(String what) {
    return Map.of("tenant_id", Items.text("turns"), "sk", Items.text(what));
  }
}
