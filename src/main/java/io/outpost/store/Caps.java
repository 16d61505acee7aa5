package io.outpost.store;

import io.outpost.aws.Names;
import io.outpost.kernel.Problem;
import java.util.Map;
import java.util.function.IntSupplier;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.Update;

/**
 * Caps on how many things of a kind a tenant may have. A counter goes up in the transaction that
 * makes a thing, so that no race gets past the cap; it never goes down, but when it is at the cap
 * the things that are there are counted, and the write is tried again. Stateless.
 */
@Component
public class Caps {

  private final DynamoDbClient dynamoDb;
  private final Names names;

  Caps(DynamoDbClient dynamoDb, Names names) {
    this.dynamoDb = dynamoDb;
    this.names = names;
  }

  /**
   * A cap.
   *
   * @param kind a word that names the counter
   * @param most how many there may be
   * @param refusal what a client is told who wants one more
   */
  public record Cap(String kind, int most, String refusal) {}

  /**
   * Adds one thing to the count, in the change that makes it; refused with 409 at the cap.
   *
   * @param present counts the things that are there, with a consistent read
   */
  public void add(Change change, String tenantId, Cap cap, IntSupplier present) {
    change.update(
        Update.builder()
            .tableName(names.table("tenants"))
            .key(key(tenantId, cap))
            .updateExpression("SET used = used + :one, version = version + :one")
            .conditionExpression("attribute_exists(used) AND used < :most")
            .expressionAttributeValues(
                Map.of(":one", Items.number(1), ":most", Items.number(cap.most()))),
        counter -> refusal(tenantId, cap, present, counter));
  }

  private RuntimeException refusal(
      String tenantId, Cap cap, IntSupplier present, Map<String, AttributeValue> counter) {
    var count = present.getAsInt();
    if (count >= cap.most()) {
      return new Problem(Problem.Code.LIMIT_REACHED, cap.refusal());
    }
    correct(tenantId, cap, count, counter);
    return new Transactions.TryAgain();
  }

  /** Sets the counter to what is there, unless it has moved since it was read. */
  private void correct(String tenantId, Cap cap, int count, Map<String, AttributeValue> counter) {
    var version = counter.isEmpty() ? 0 : Long.parseLong(Items.required(counter, "version").n());
    try {
      dynamoDb.updateItem(
          u ->
              u.tableName(names.table("tenants"))
                  .key(key(tenantId, cap))
                  .updateExpression("SET used = :used, version = :next")
                  .conditionExpression("attribute_not_exists(version) OR version = :version")
                  .expressionAttributeValues(
                      Map.of(
                          ":used", Items.number(count),
                          ":version", Items.number(version),
                          ":next", Items.number(version + 1))));
    } catch (ConditionalCheckFailedException e) {
      // Somebody else has counted: the next try finds that.
    }
  }

  private static Map<String, AttributeValue> key(String tenantId, Cap cap) {
    return Map.of("tenant_id", Items.text(tenantId), "sk", Items.text("count#" + cap.kind()));
  }
}
