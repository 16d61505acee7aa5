package io.outpost.audit;

import io.outpost.aws.Names;
import io.outpost.kernel.Json;
import io.outpost.store.Items;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;

/**
 * The end of each tenant's chain, in the audit table. Conditional updates keep two writers from
 * creating blocks with the same sequence. Thread-safe.
 */
@Component
class ChainHeads {

  private static final String SK = "chain";

  private final DynamoDbClient dynamoDb;
  private final Items items;
  private final Names names;

  ChainHeads(DynamoDbClient dynamoDb, Items items, Names names) {
    this.dynamoDb = dynamoDb;
    this.items = items;
    this.names = names;
  }

  /**
   * The end of a chain.
   *
   * @param head the last block; null before the first one
   * @param reserved the block that a writer is adding; null: none
   * @param reservedUntil when that writer counts as dead
   */
  record Standing(
      @Nullable BlockReference head,
      @Nullable BlockReference reserved,
      @Nullable Instant reservedUntil) {

    /** The last block's sequence; 0 before the first one. */
    long sequence() {
      return head == null ? 0 : head.sequence();
    }
  }

  /** Another writer is adding to the same chain. */
  static final class Contended extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Contended(String tenantId) {
      super("Another writer is adding to the audit chain of " + tenantId, null, false, false);
    }
  }

  /** The current end of a tenant's chain. */
  Standing standing(String tenantId) {
    var found =
        dynamoDb.getItem(
            g -> g.tableName(names.table("audit")).key(key(tenantId)).consistentRead(true));
    return found.hasItem()
        ? items.read(found.item(), Standing.class)
        : new Standing(null, null, null);
  }

  /**
   * Reserves the next place in a chain for a block.
   *
   * @param seen the end of the chain when the block was created; if it has a reservation, that has
   *     expired
   * @throws Contended when the end has changed since
   */
  void reserve(String tenantId, Standing seen, BlockReference next, Instant until) {
    var values = new HashMap<String, AttributeValue>();
    values.put(":next", AttributeValue.fromM(items.write(next)));
    values.put(":until", Items.text(Json.time(until)));
    var condition =
        matches("head", seen.head(), values)
            + " AND "
            + matches("reserved", seen.reserved(), values);
    update(tenantId, "SET #reserved = :next, reserved_until = :until", condition, values);
  }

  /**
   * Makes a reserved block the last one; a repetition changes nothing.
   *
   * @throws Contended when the block is neither reserved nor already the last one
   */
  void advance(String tenantId, BlockReference reserved) {
    var values = new HashMap<String, AttributeValue>();
    var condition = matches("reserved", reserved, values);
    try {
      update(tenantId, "SET #head = #reserved REMOVE #reserved, reserved_until", condition, values);
    } catch (Contended e) {
      var head = standing(tenantId).head();
      if (head == null || !head.sha256().equals(reserved.sha256())) {
        throw e;
      }
    }
  }

  private void update(
      String tenantId, String expression, String condition, Map<String, AttributeValue> values) {
    try {
      dynamoDb.updateItem(
          u ->
              u.tableName(names.table("audit"))
                  .key(key(tenantId))
                  .updateExpression(expression)
                  .conditionExpression(condition)
                  .expressionAttributeNames(Map.of("#head", "head", "#reserved", "reserved"))
                  .expressionAttributeValues(values));
    } catch (ConditionalCheckFailedException e) {
      throw new Contended(tenantId);
    }
  }

  private static String matches(
      String name, @Nullable BlockReference mark, Map<String, AttributeValue> values) {
    if (mark == null) {
      return "attribute_not_exists(#%s)".formatted(name);
    }
    values.put(":" + name, Items.text(mark.sha256()));
    return "#%s.sha256 = :%s".formatted(name, name);
  }

  private static Map<String, AttributeValue> key(String tenantId) {
    return Map.of("tenant_id", Items.text(tenantId), "sk", Items.text(SK));
  }
}
