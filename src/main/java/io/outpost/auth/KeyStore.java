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
 * What is known of a key, by its hash: cached for minutes, loaded once however many ask at the same
 * time, forgotten when a change of the key or its tenant is announced. While announcements cannot
 * be heard, a view is trusted for seconds only. Unknown keys are remembered for seconds.
 * Thread-safe.
 */
@Component("keyStore")
@EnableConfigurationProperties(AuthSettings.class)
public class KeyStore {

  private static final Executor LOADERS = Thread::startVirtualThread;
  private static final String BOOTSTRAP_KEY_ID = "0".repeat(26);

  /** With the time that hearing may take, below the five seconds in which a revocation holds. */
  private static final long TRUSTED_UNHEARD = Duration.ofSeconds(3).toNanos();

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
   * A key and its tenant as they stood when they were read.
   *
   * @param lineage the key that this one was rotated from, at first; itself when it never was
   * @param read when the reading began, on the clock of {@link System#nanoTime}
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
   * The view of a key, read when it is not known; empty when no such key exists. Callers that wait
   * for the same reading share its failure too.
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

  /** The view of a key that is known to exist, without asking anyone. */
  Optional<View> known(String hash) {
    if (bootstrapHash.filter(hash::equals).isPresent()) {
      return Optional.of(bootstrap());
    }
    var cached = cache.getIfPresent(hash);
    return cached == null || !cached.isDone() ? Optional.empty() : trusted(cached);
  }

  /** Whether a key was there when it was last read: what is known of it may have been forgotten. */
  boolean existed(String hash) {
    return existing.getIfPresent(hash) != null;
  }

  /** Forgets a key. */
  public void forgetKey(String hash) {
    cache.asMap().remove(hash);
  }

  /** Forgets every key of a tenant, and what is being read just now. */
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

  /** Notes that every change announced until now is taken into account. */
  public void upToDate() {
    heard = System.nanoTime();
  }

  /** That a key is unknown is remembered for so short a time that it is trusted always. */
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

  /** The index only says whose key it is, for it may lag behind; what counts is read afresh. */
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

  /** Items as they are now, by sort key. */
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
