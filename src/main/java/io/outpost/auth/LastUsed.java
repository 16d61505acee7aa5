package io.outpost.auth;

import io.outpost.aws.Names;
import io.outpost.kernel.Json;
import io.outpost.store.Items;
import io.outpost.tenant.Tenant;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.TransactionConflictException;

/**
 * Records when keys were last used: in memory for each request, in the table periodically.
 * Thread-safe.
 */
@Component("lastUsed")
public class LastUsed {

  private final DynamoDbClient dynamoDb;
  private final Names names;
  private final Map<Key, Instant> noted = new ConcurrentHashMap<>();

  private record Key(String tenantId, String keyId) {}

  LastUsed(DynamoDbClient dynamoDb, Names names) {
    this.dynamoDb = dynamoDb;
    this.names = names;
  }

  void note(ApiKey key, Instant now) {
    noted.put(new Key(key.tenantId(), key.keyId()), now);
  }

  /** Writes the uses that were recorded since the last time. */
  public void write() {
    for (var key : List.copyOf(noted.keySet())) {
      var at = noted.remove(key);
      if (at != null) {
        write(key, at);
      }
    }
  }

  private void write(Key key, Instant at) {
    try {
      dynamoDb.updateItem(
          u ->
              u.tableName(names.table("tenants"))
                  .key(Tenant.key(key.tenantId(), ApiKey.sk(key.keyId())))
                  .updateExpression("SET last_used_at = :at")
                  .conditionExpression(
                      "attribute_exists(sk) AND (attribute_not_exists(last_used_at) OR last_used_at < :at)")
                  .expressionAttributeValues(Map.of(":at", Items.text(Json.time(at)))));
    } catch (ConditionalCheckFailedException e) {
      // The bootstrap key has no item, or another container has recorded a later use.
    } catch (TransactionConflictException e) {
      noted.putIfAbsent(key, at);
    }
  }
}
