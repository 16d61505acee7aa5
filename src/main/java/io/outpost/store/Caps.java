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
 * Caps on how many things of a kind a tenant may have. A counter is increased in the transaction
 * that creates a thing, so concurrent requests cannot exceed the cap. Removing a thing does not
 * decrease it. When the counter reaches the cap, the existing things are counted, the counter is
 * corrected, and the write is tried again. Stateless.
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
   * @param kind the name of the counter
   * @param most the maximum
   * @param refusal the message to a client over the cap
   */
  public record Cap(String kind, int most, String refusal) {}

  /**
   * Counts one more thing, in the change that creates it. Refused with 409 at the cap.
   *
   * @param present counts the existing things, with a consistent read
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

  /** Sets the counter to the number of existing things, unless another correction came first. */
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
      // Another container has corrected the counter; the next try sees that.
    }
  }

  private static Map<String, AttributeValue> key(String tenantId, Cap cap) {
    return Map.of("tenant_id", Items.text(tenantId), "sk", Items.text("count#" + cap.kind()));
  }
}
