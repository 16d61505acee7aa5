package io.outpost.auth;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.github.benmanes.caffeine.cache.LoadingCache;
import io.outpost.platform.ApiKey;
import io.outpost.platform.Ids;
import io.outpost.platform.Principal;
import io.outpost.platform.Tenant;
import io.outpost.platform.aws.Items;
import io.outpost.platform.aws.Names;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/**
 * What is known of a key, by its hash: cached for minutes, loaded once however many ask at the same
 * time, forgotten when a change of the key or its tenant is announced. Unknown keys are remembered
 * for seconds. Thread-safe.
 */
@Component("keyStore")
@EnableConfigurationProperties(AuthSettings.class)
public class KeyStore {

  private static final String BOOTSTRAP_KEY_ID = "0".repeat(26);

  private final DynamoDbClient dynamoDb;
  private final Items items;
  private final Names names;
  private final LoadingCache<String, Optional<View>> cache;
  private final Optional<String> bootstrapHash;

  /** A key and its tenant as they stood when they were read. */
  record View(ApiKey key, Tenant tenant) {}

  KeyStore(DynamoDbClient dynamoDb, Items items, Names names, AuthSettings settings) {
    this.dynamoDb = dynamoDb;
    this.items = items;
    this.names = names;
    this.cache =
        Caffeine.newBuilder()
            .maximumSize(settings.cachedKeys())
            .expireAfter(
                Expiry.<String, Optional<View>>creating(
                    (hash, view) -> view.isPresent() ? settings.cacheFor() : settings.unknownFor()))
            .build(this::load);
    this.bootstrapHash = bootstrapHash(settings.bootstrapAdminKey());
  }

  /** The view of a key, read when it is not known; empty when no such key exists. */
  Optional<View> find(String hash) {
    return cache.get(hash);
  }

  /** The view of a key that is known to exist, without asking anyone. */
  Optional<View> known(String hash) {
    if (bootstrapHash.filter(hash::equals).isPresent()) {
      return Optional.of(bootstrap());
    }
    var cached = cache.getIfPresent(hash);
    return cached == null ? Optional.empty() : cached;
  }

  /** Forgets a key. */
  public void forgetKey(String hash) {
    cache.invalidate(hash);
  }

  /** Forgets every key of a tenant. */
  public void forgetTenant(String tenantId) {
    cache
        .asMap()
        .values()
        .removeIf(view -> view.filter(v -> v.tenant().tenantId().equals(tenantId)).isPresent());
  }

  private Optional<View> load(String hash) {
    var found =
        dynamoDb.query(
            q ->
                q.tableName(names.table("tenants"))
                    .indexName("api-key")
                    .keyConditionExpression("key_hash = :hash")
                    .expressionAttributeValues(Map.of(":hash", Items.text(hash))));
    if (found.items().isEmpty()) {
      return Optional.empty();
    }
    var key = items.read(found.items().getFirst(), ApiKey.class);
    return tenant(key.tenantId()).map(tenant -> new View(key, tenant));
  }

  private Optional<Tenant> tenant(String tenantId) {
    if (tenantId.equals(Ids.OPERATORS)) {
      return Optional.of(Tenant.operators());
    }
    var item =
        dynamoDb.getItem(
            g ->
                g.tableName(names.table("tenants")).key(Tenant.key(tenantId)).consistentRead(true));
    return item.hasItem() ? Optional.of(items.read(item.item(), Tenant.class)) : Optional.empty();
  }

  private static View bootstrap() {
    var key =
        new ApiKey(
            BOOTSTRAP_KEY_ID,
            Ids.OPERATORS,
            "bootstrap",
            List.of(Principal.ADMIN),
            "live",
            Instant.EPOCH,
            null,
            null,
            null,
            null);
    return new View(key, Tenant.operators());
  }

  private static Optional<String> bootstrapHash(String key) {
    if (key == null || key.isBlank()) {
      return Optional.empty();
    }
    var secret =
        Secret.parse(key)
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "OUTPOST_BOOTSTRAP_ADMIN_KEY is malformed: it must be op_live_ or op_test_ and 32 lower-case hex digits"));
    return Optional.of(secret.hash());
  }
}
