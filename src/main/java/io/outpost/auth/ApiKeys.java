package io.outpost.auth;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.aws.Names;
import io.outpost.event.EventType;
import io.outpost.event.Events;
import io.outpost.http.Call;
import io.outpost.kernel.Ids;
import io.outpost.kernel.Json;
import io.outpost.kernel.Problem;
import io.outpost.store.Caps;
import io.outpost.store.Caps.Cap;
import io.outpost.store.Change;
import io.outpost.store.ChangeFeed;
import io.outpost.store.ChangeFeed.Announcement;
import io.outpost.store.ChangeFeed.Kind;
import io.outpost.store.Items;
import io.outpost.tenant.Principal;
import io.outpost.tenant.Tenant;
import io.outpost.tenant.Tier;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.model.ConditionCheck;
import software.amazon.awssdk.services.dynamodb.model.Put;
import software.amazon.awssdk.services.dynamodb.model.Update;

/** The steps of creating, replacing and revoking API keys. Stateless. */
@Component("apiKeys")
public class ApiKeys {

  private static final List<String> DEFAULT_SCOPES = List.of("jobs:read", "jobs:write");
  private static final Duration WARNED_BEFORE = Duration.ofDays(7);
  private static final int DEFAULT_GRACE_SECONDS = 86_400;

  private final ApiKeyReader reader;
  private final ChangeFeed changeFeed;
  private final Events events;
  private final Caps caps;
  private final AuthSettings settings;
  private final ObjectMapper mapper;
  private final Items items;
  private final Names names;

  ApiKeys(
      ApiKeyReader reader,
      ChangeFeed changeFeed,
      Events events,
      Caps caps,
      AuthSettings settings,
      ObjectMapper mapper,
      Items items,
      Names names) {
    this.reader = reader;
    this.changeFeed = changeFeed;
    this.events = events;
    this.caps = caps;
    this.settings = settings;
    this.mapper = mapper;
    this.items = items;
    this.names = names;
  }

  /** A new key with its text. No other answer shows the text. */
  public record Created(@JsonUnwrapped ApiKey apiKey, String key) {}

  /** What a client asks for. */
  record Wish(
      String name,
      @Nullable List<String> scopes,
      @Nullable String mode,
      @Nullable Instant expiresAt,
      @Nullable Integer rateLimitPerMinute) {}

  /**
   * Creates a key for a tenant.
   *
   * @throws Problem 403 for a scope that the caller's own key lacks; 400 when the expiry is past
   */
  public Created create(
      @Body JsonNode body,
      @Header("tenant_id") String tenantId,
      @ExchangeProperty(Call.NAME) Call call,
      @ExchangeProperty("tenantTier") Tier tier,
      Exchange exchange) {
    var wish = mapper.convertValue(body, Wish.class);
    var scopes = wish.scopes() == null ? DEFAULT_SCOPES : wish.scopes();
    refuseMoreThanOwn(scopes, call.principal());
    if (wish.rateLimitPerMinute() != null && !call.principal().isAdmin()) {
      throw new Problem(Problem.Code.FORBIDDEN, "rate_limit_per_minute is set by operators.");
    }
    var now = now();
    if (wish.expiresAt() != null && !wish.expiresAt().isAfter(now)) {
      throw Problem.invalid("expires_at", "must be in the future");
    }
    var mode = wish.mode() == null ? "live" : wish.mode();
    var key =
        new ApiKey(
            Ids.ulid(),
            tenantId,
            wish.name(),
            scopes,
            mode,
            now,
            wish.expiresAt(),
            null,
            null,
            wish.rateLimitPerMinute());
    return add(Change.of(exchange), key, key.keyId(), cap(tier, tier.in(settings.liveKeys())));
  }

  /**
   * Replaces a key by a new one. The old key works until its grace ends, so for that time there may
   * be twice as many live keys. The new key expires when the old one would have expired without any
   * rotation: a client that rotates twice, because it lost the first answer, must not get a key
   * that ends with the old one's grace.
   *
   * @throws Problem 409 when the old key has ended; 403 when it has scopes that the caller's own
   *     key lacks
   */
  public Created rotate(
      @Body JsonNode body,
      @Header("tenant_id") String tenantId,
      @Header("key_id") String keyId,
      @ExchangeProperty(Call.NAME) Call call,
      @ExchangeProperty("tenantTier") Tier tier,
      Exchange exchange) {
    var old = reader.load(tenantId, keyId);
    var now = now();
    refuseMoreThanOwn(old.key().scopes(), call.principal());
    if (old.key().revokedAt() != null
        || (old.key().expiresAt() != null && !old.key().expiresAt().isAfter(now))) {
      throw new Problem(Problem.Code.CONFLICT, "This key has ended; create a new one.");
    }
    var end = now.plus(Duration.ofSeconds(body.path("grace_seconds").asInt(DEFAULT_GRACE_SECONDS)));
    if (old.key().expiresAt() != null && old.key().expiresAt().isBefore(end)) {
      end = old.key().expiresAt();
    }
    var change = Change.of(exchange);
    change.update(
        of(tenantId, keyId)
            .updateExpression("SET expires_at = :end, own_end = if_not_exists(own_end, :own)")
            .conditionExpression("attribute_exists(sk) AND attribute_not_exists(revoked_at)")
            .expressionAttributeValues(
                Map.of(
                    ":end",
                    Items.text(Json.time(end)),
                    ":own",
                    Items.text(
                        old.ownEnd() == null ? ApiKeyReader.NEVER : Json.time(old.ownEnd())))),
        item ->
            new Problem(
                Problem.Code.CONFLICT, "This key was revoked meanwhile; create a new one."));
    changeFeed.add(change, new Announcement(Kind.key, tenantId, old.hash()));
    exchange.setProperty("endedKey", old.hash());
    var o = old.key();
    return add(
        change,
        new ApiKey(
            Ids.ulid(),
            tenantId,
            o.name(),
            o.scopes(),
            o.mode(),
            now,
            old.ownEnd(),
            null,
            null,
            o.rateLimitPerMinute()),
        old.lineage(),
        cap(tier, 2 * tier.in(settings.liveKeys())));
  }

  /** Revokes a key. This cannot be undone. */
  public void revoke(
      @Header("tenant_id") String tenantId, @Header("key_id") String keyId, Exchange exchange) {
    var old = reader.load(tenantId, keyId);
    var change = Change.of(exchange);
    change.update(
        of(tenantId, keyId)
            .updateExpression("SET revoked_at = if_not_exists(revoked_at, :now)")
            .conditionExpression("attribute_exists(sk)")
            .expressionAttributeValues(Map.of(":now", Items.text(Json.time(now())))),
        item -> Problem.notFound("API key"));
    changeFeed.add(change, new Announcement(Kind.key, tenantId, old.hash()));
    exchange.setProperty("endedKey", old.hash());
  }

  private static Cap cap(Tier tier, int most) {
    return new Cap(
        "keys",
        most,
        "A tenant of the tier %s may have %d live API keys: revoke one first."
            .formatted(tier.word(), most));
  }

  private Created add(Change change, ApiKey key, String lineage, Cap cap) {
    var secret = ApiKeyText.random(key.mode());
    var item = items.write(key);
    item.put("sk", Items.text(ApiKey.sk(key.keyId())));
    item.put("key_hash", Items.text(secret.hash()));
    item.put(ApiKeyReader.LINEAGE, Items.text(lineage));
    change.put(
        Put.builder()
            .tableName(names.table("tenants"))
            .item(item)
            .conditionExpression("attribute_not_exists(sk)"),
        old -> new Problem(Problem.Code.CONFLICT, "Try again."));
    if (!key.tenantId().equals(Ids.OPERATORS)) {
      change.check(
          ConditionCheck.builder()
              .tableName(names.table("tenants"))
              .key(Tenant.key(key.tenantId()))
              .conditionExpression("attribute_exists(sk) AND #status <> :deleted")
              .expressionAttributeNames(Map.of("#status", "status"))
              .expressionAttributeValues(Map.of(":deleted", Items.text("deleted"))),
          old -> Problem.notFound("tenant"));
      caps.add(change, key.tenantId(), cap, () -> reader.countLive(key.tenantId()));
      warn(change, key);
    }
    return new Created(key, secret.reveal());
  }

  /**
   * Schedules the event that warns the tenant before the key expires; when that is soon, the event
   * is due at once.
   */
  private void warn(Change change, ApiKey key) {
    if (key.expiresAt() != null) {
      var early = key.expiresAt().minus(WARNED_BEFORE);
      var due = early.isBefore(key.createdAt()) ? key.createdAt() : early;
      events.schedule(change, key.tenantId(), EventType.API_KEY_EXPIRING, due, key, key.keyId());
    }
  }

  private Update.Builder of(String tenantId, String keyId) {
    return Update.builder()
        .tableName(names.table("tenants"))
        .key(Tenant.key(tenantId, ApiKey.sk(keyId)));
  }

  private static Instant now() {
    return Instant.now().truncatedTo(ChronoUnit.MILLIS);
  }

  private static void refuseMoreThanOwn(List<String> scopes, Principal caller) {
    for (var scope : scopes) {
      if (!caller.isAdmin() && !caller.scopes().contains(scope)) {
        throw new Problem(
            Problem.Code.FORBIDDEN,
            "Your own key lacks the scope " + scope + ", so it cannot give it to another.");
      }
    }
  }
}
