package io.outpost.auth;

import static java.util.concurrent.CompletableFuture.supplyAsync;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import io.outpost.aws.Names;
import io.outpost.kernel.Ids;
import io.outpost.kernel.Problem;
import io.outpost.store.Items;
import io.outpost.tenant.Principal;
import io.outpost.tenant.Tenant;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.KeysAndAttributes;

/**
 * The cache of keys, by hash. An entry is kept for minutes, loaded once for all concurrent callers,
 * and removed when a change of the key or its tenant is announced. While the change feed cannot be
 * read, entries are trusted only for seconds. Unknown keys are cached for seconds. Thread-safe.
 */
@Component("keyStore")
@EnableConfigurationProperties(AuthSettings.class)
public class KeyStore {

  private static final Executor LOADERS = Thread::startVirtualThread;
  private static final String BOOTSTRAP_KEY_ID = "0".repeat(26);

  /**
   * How long an entry is trusted after the last successful poll of the change feed. With the
   * polling interval this stays below the five seconds in which a revocation must take effect.
   */
  static final long TRUSTED_UNHEARD = Duration.ofSeconds(3).toNanos();

  private static final Duration EXISTED_FOR = Duration.ofHours(1);

  private final DynamoDbClient dynamoDb;
  private final Items items;
  private final Names names;
  private final AsyncCache<String, Optional<View>> cache;
  private final Cache<String, Boolean> existing;
  private final Optional<String> bootstrapHash;
  private final @Nullable Instant bootstrapExpiresAt;
  private volatile long heard = System.nanoTime();

  /**
   * A key and its tenant as they were when read.
   *
   * @param lineage the first key in its chain of rotations; the key itself when it was never
   *     rotated
   * @param read when reading began, by {@link System#nanoTime}
   */
  record View(ApiKey key, Tenant tenant, String lineage, long read) {}

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
            .buildAsync();
    this.existing =
        Caffeine.newBuilder()
            .maximumSize(settings.cachedKeys())
            .expireAfterAccess(EXISTED_FOR)
            .build();
    this.bootstrapExpiresAt = settings.bootstrapExpiresAt();
    this.bootstrapHash = bootstrapHash(settings.bootstrapAdminKey());
  }

  /**
   * The entry of a key, read when it is not cached; empty when the key does not exist. Concurrent
   * callers share one read, and its failure.
   */
  Optional<View> find(String hash) {
    var cached = cache.getIfPresent(hash);
    if (cached != null && cached.isDone() && isStale(cached)) {
      cache.asMap().remove(hash, cached);
    }
    try {
      return cache.get(hash, (h, executor) -> supplyAsync(() -> load(h), LOADERS)).join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }

  /** The cached entry of a key, without a read. */
  Optional<View> known(String hash) {
    if (bootstrapHash.filter(hash::equals).isPresent()) {
      return Optional.of(bootstrap());
    }
    var cached = cache.getIfPresent(hash);
    return cached == null || !cached.isDone() ? Optional.empty() : trusted(cached);
  }

  /** Whether a key was found missing a moment ago, so that refusing it costs no read. */
  boolean isUnknown(String hash) {
    var cached = cache.getIfPresent(hash);
    return cached != null
        && cached.isDone()
        && !cached.isCompletedExceptionally()
        && cached.join().isEmpty();
  }

  /** Whether a key existed when it was last read. Its entry may have left the cache since. */
  boolean existed(String hash) {
    return existing.getIfPresent(hash) != null;
  }

  /** Removes a key from the cache. */
  public void forgetKey(String hash) {
    cache.asMap().remove(hash);
  }

  /**
   * Removes all keys of a tenant from the cache, including keys that are being read at the moment.
   */
  public void forgetTenant(String tenantId) {
    cache
        .asMap()
        .values()
        .removeIf(
            view ->
                !view.isDone()
                    || view.isCompletedExceptionally()
                    || view.join().filter(v -> v.tenant().tenantId().equals(tenantId)).isPresent());
  }

  /** Records that all changes announced so far have been applied to the cache. */
  public void upToDate() {
    heard = System.nanoTime();
  }

  /**
   * Whether an entry must be read again. The entry of an unknown key is always trusted, because it
   * stays in the cache only for seconds.
   */
  private boolean isStale(CompletableFuture<Optional<View>> cached) {
    return cached.isCompletedExceptionally()
        || cached.join().isPresent() && trusted(cached).isEmpty();
  }

  private Optional<View> trusted(CompletableFuture<Optional<View>> cached) {
    if (cached.isCompletedExceptionally()) {
      return Optional.empty();
    }
    var now = System.nanoTime();
    return cached
        .join()
        .filter(view -> now - heard < TRUSTED_UNHEARD || now - view.read() < TRUSTED_UNHEARD);
  }

  private Optional<View> load(String hash) {
    var view = read(hash);
    if (view.isPresent()) {
      existing.put(hash, true);
    } else {
      existing.invalidate(hash);
    }
    return view;
  }

  /**
   * Reads a key. The index only finds its tenant, because the index may lag; the item itself is
   * read consistently.
   */
  private Optional<View> read(String hash) {
    var began = System.nanoTime();
    var table = names.table("tenants");
    var found =
        dynamoDb.query(
            q ->
                q.tableName(table)
                    .indexName("api-key")
                    .keyConditionExpression("key_hash = :hash")
                    .expressionAttributeValues(Map.of(":hash", Items.text(hash))));
    if (found.items().isEmpty()) {
      return Optional.empty();
    }
    var indexed = items.read(found.items().getFirst(), ApiKey.class);
    var tenantId = indexed.tenantId();
    var read = read(table, Tenant.key(tenantId, ApiKey.sk(indexed.keyId())), Tenant.key(tenantId));
    var key = read.get(ApiKey.sk(indexed.keyId()));
    var tenant = read.get(Tenant.SK);
    if (key == null || tenant == null && !tenantId.equals(Ids.OPERATORS)) {
      return Optional.empty();
    }
    return Optional.of(
        new View(
            items.read(key, ApiKey.class),
            tenant == null ? Tenant.operators() : items.read(tenant, Tenant.class),
            ApiKeyReader.lineage(indexed.keyId(), key),
            began));
  }

  /** Reads items consistently; returns them by sort key. */
  @SafeVarargs
  private Map<String, Map<String, AttributeValue>> read(
      String table, Map<String, AttributeValue>... keys) {
    var wanted = KeysAndAttributes.builder().keys(keys).consistentRead(true).build();
    var read = dynamoDb.batchGetItem(b -> b.requestItems(Map.of(table, wanted)));
    if (!read.unprocessedKeys().isEmpty()) {
      throw Problem.unavailable("The table of API keys is busy; try again shortly.");
    }
    return read.responses().getOrDefault(table, List.of()).stream()
        .collect(Collectors.toMap(item -> Items.required(item, "sk").s(), item -> item));
  }

  private View bootstrap() {
    var key =
        new ApiKey(
            BOOTSTRAP_KEY_ID,
            Ids.OPERATORS,
            "bootstrap",
            List.of(Principal.ADMIN),
            "live",
            Instant.EPOCH,
            bootstrapExpiresAt,
            null,
            null,
            null);
    return new View(key, Tenant.operators(), BOOTSTRAP_KEY_ID, System.nanoTime());
  }

  private static Optional<String> bootstrapHash(@Nullable String key) {
    if (key == null || key.isBlank()) {
      return Optional.empty();
    }
    var secret =
        ApiKeyText.parse(key)
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "OUTPOST_BOOTSTRAP_ADMIN_KEY is malformed: it must be op_live_ or op_test_"
                            + " and 32 lower-case hex digits"));
    return Optional.of(secret.hash());
  }
}
