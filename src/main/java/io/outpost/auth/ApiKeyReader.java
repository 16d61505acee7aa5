package io.outpost.auth;

import io.outpost.aws.Names;
import io.outpost.kernel.Json;
import io.outpost.kernel.Page;
import io.outpost.kernel.Problem;
import io.outpost.store.Items;
import io.outpost.store.Pages;
import io.outpost.tenant.Tenant;
import java.time.Instant;
import java.util.Map;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Select;

/** Reads a tenant's API keys. Clients never get a key's text or hash. Stateless. */
@Component("apiKeyReader")
public class ApiKeyReader {

  /** Stored as the original expiry of a rotated key that never expired. */
  static final String NEVER = "never";

  static final String LINEAGE = "lineage";

  private final DynamoDbClient dynamoDb;
  private final Pages pages;
  private final Items items;
  private final Names names;

  ApiKeyReader(DynamoDbClient dynamoDb, Pages pages, Items items, Names names) {
    this.dynamoDb = dynamoDb;
    this.pages = pages;
    this.items = items;
    this.names = names;
  }

  /**
   * A key as stored in its item.
   *
   * @param hash the hash by which caches find the key
   * @param lineage the first key in its chain of rotations; the key itself when it was never
   *     rotated
   * @param ownEnd when it would expire without any rotation; null: never
   */
  record Stored(ApiKey key, String hash, String lineage, @Nullable Instant ownEnd) {}

  Stored load(String tenantId, String keyId) {
    var found =
        dynamoDb.getItem(
            g ->
                g.tableName(names.table("tenants"))
                    .key(Tenant.key(tenantId, ApiKey.sk(keyId)))
                    .consistentRead(true));
    if (!found.hasItem()) {
      throw Problem.notFound("API key");
    }
    var key = items.read(found.item(), ApiKey.class);
    return new Stored(
        key,
        Items.required(found.item(), "key_hash").s(),
        lineage(keyId, found.item()),
        ownEnd(key, found.item()));
  }

  /** The first key in a key's chain of rotations, read from the key's item. */
  static String lineage(String keyId, Map<String, AttributeValue> item) {
    return item.containsKey(LINEAGE) ? item.get(LINEAGE).s() : keyId;
  }

  private static @Nullable Instant ownEnd(ApiKey key, Map<String, AttributeValue> item) {
    if (!item.containsKey("own_end")) {
      return key.expiresAt();
    }
    var end = item.get("own_end").s();
    return end.equals(NEVER) ? null : Instant.parse(end);
  }

  /** The number of a tenant's keys that can still be used. */
  int countLive(String tenantId) {
    return dynamoDb
        .queryPaginator(
            q ->
                q.tableName(names.table("tenants"))
                    .consistentRead(true)
                    .select(Select.COUNT)
                    .keyConditionExpression("tenant_id = :tenant AND begins_with(sk, :key)")
                    .filterExpression(
                        "attribute_not_exists(revoked_at)"
                            + " AND (attribute_not_exists(expires_at) OR expires_at > :now)")
                    .expressionAttributeValues(
                        Map.of(
                            ":tenant", Items.text(tenantId),
                            ":key", Items.text(ApiKey.SK_PREFIX),
                            ":now", Items.text(Json.time(Instant.now())))))
        .stream()
        .mapToInt(page -> page.count())
        .sum();
  }

  /** A page of keys, newest first. */
  public Page<ApiKey> list(
      @Header("tenant_id") String tenantId,
      @Header("limit") int limit,
      @Header("cursor") String cursor) {
    return pages.read(
        q ->
            q.tableName(names.table("tenants"))
                .keyConditionExpression("tenant_id = :tenant AND begins_with(sk, :key)")
                .expressionAttributeValues(
                    Map.of(":tenant", Items.text(tenantId), ":key", Items.text(ApiKey.SK_PREFIX))),
        tenantId + " api-keys",
        limit,
        cursor,
        ApiKey.class);
  }
}
