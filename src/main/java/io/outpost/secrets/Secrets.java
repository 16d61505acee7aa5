package io.outpost.secrets;

import com.fasterxml.jackson.databind.JsonNode;
import io.outpost.aws.Names;
import io.outpost.kernel.Cursor;
import io.outpost.kernel.Json;
import io.outpost.kernel.Page;
import io.outpost.kernel.Problem;
import io.outpost.store.Caps;
import io.outpost.store.Caps.Cap;
import io.outpost.store.Change;
import io.outpost.store.ChangeFeed;
import io.outpost.store.ChangeFeed.Announcement;
import io.outpost.store.ChangeFeed.Kind;
import io.outpost.store.Items;
import io.outpost.tenant.Tenant;
import io.outpost.tenant.TenantSecret;
import io.outpost.tenant.Tier;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.Delete;
import software.amazon.awssdk.services.dynamodb.model.Select;
import software.amazon.awssdk.services.dynamodb.model.Update;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;
import software.amazon.awssdk.services.secretsmanager.model.InvalidRequestException;
import software.amazon.awssdk.services.secretsmanager.model.ResourceNotFoundException;
import software.amazon.awssdk.services.secretsmanager.model.Tag;

/**
 * The steps of storing provider keys: the value in Secrets Manager under the tenant's prefix, its
 * name in the table tenants. No step logs, returns or copies a value. Stateless.
 */
@Component("secrets")
@EnableConfigurationProperties(Secrets.Most.class)
public class Secrets {

  private static final Logger LOG = LoggerFactory.getLogger(Secrets.class);
  private static final String UNDO = "undo";
  private static final long RECOVERY_DAYS = 7;
  private static final String SK = TenantSecret.SK_PREFIX;
  private static final int SHORTEST = 8;
  // A position after every time.
  private static final String NEWEST = "~";

  private final SecretsManagerClient manager;
  private final DynamoDbClient dynamoDb;
  private final ChangeFeed changeFeed;
  private final Caps caps;
  private final Most most;
  private final SecretNames secretNames;
  private final Items items;
  private final Names names;
  private final String kmsKey;
  private final int rotateAfterDays;

  Secrets(
      SecretsManagerClient manager,
      DynamoDbClient dynamoDb,
      ChangeFeed changeFeed,
      Caps caps,
      SecretNames secretNames,
      Items items,
      Names names,
      @Value("${outpost.secrets.kms-key}") String kmsKey,
      @Value("${outpost.secrets.rotate-after-days}") int rotateAfterDays,
      Most most) {
    this.manager = manager;
    this.dynamoDb = dynamoDb;
    this.changeFeed = changeFeed;
    this.caps = caps;
    this.most = most;
    this.secretNames = secretNames;
    this.items = items;
    this.names = names;
    this.kmsKey = kmsKey;
    this.rotateAfterDays = rotateAfterDays;
  }

  /**
   * The cap.
   *
   * @param most how many secrets a tenant may have, by its tier
   */
  @ConfigurationProperties("outpost.secrets")
  record Most(Map<Tier, Integer> most) {}

  /** A provider key as clients see it, without its value. */
  public record View(
      String name, List<String> agents, Instant createdAt, Instant updatedAt, Instant rotateBy) {}

  /**
   * Takes the value out of the body, so that no later message contains it.
   *
   * @throws Problem 400 for a value that is too short, because masking it would spoil an agent's
   *     output
   */
  public String take(@org.apache.camel.Body JsonNode body) {
    var value = body.get("value").asText();
    if (value.strip().length() < SHORTEST) {
      throw Problem.invalid(
          "value", "must have at least 8 characters, not counting spaces around it");
    }
    return value;
  }

  /** Stores a new secret, with this installation's rotation policy and KMS key. */
  public void create(
      @Header("tenant_id") String tenantId,
      @Header("name") String name,
      @ExchangeProperty("secretValue") String value,
      Exchange exchange) {
    var id = TenantSecret.name(tenantId, name);
    manager.createSecret(
        c ->
            c.name(id)
                .secretString(value)
                .kmsKeyId(kmsKey.isBlank() ? null : kmsKey)
                .tags(
                    Tag.builder().key("outpost:tenant").value(tenantId).build(),
                    Tag.builder()
                        .key("outpost:rotate-after-days")
                        .value(Integer.toString(rotateAfterDays))
                        .build()));
    undo(
        exchange, () -> manager.deleteSecret(d -> d.secretId(id).forceDeleteWithoutRecovery(true)));
  }

  /** Restores a deleted secret. */
  public void restore(
      @Header("tenant_id") String tenantId, @Header("name") String name, Exchange exchange) {
    var id = TenantSecret.name(tenantId, name);
    manager.restoreSecret(r -> r.secretId(id));
    undo(
        exchange,
        () -> manager.deleteSecret(d -> d.secretId(id).recoveryWindowInDays(RECOVERY_DAYS)));
  }

  /** Replaces the value of an existing secret. */
  public void replace(
      @Header("tenant_id") String tenantId,
      @Header("name") String name,
      @ExchangeProperty("secretValue") String value,
      Exchange exchange) {
    var id = TenantSecret.name(tenantId, name);
    var replaced = manager.putSecretValue(p -> p.secretId(id).secretString(value));
    undo(exchange, () -> putBack(id, replaced.versionId()));
  }

  /** Makes the previous version current again. */
  private void putBack(String id, String version) {
    var versions = manager.describeSecret(d -> d.secretId(id)).versionIdsToStages();
    versions.entrySet().stream()
        .filter(v -> v.getValue().contains("AWSPREVIOUS"))
        .forEach(
            previous ->
                manager.updateSecretVersionStage(
                    u ->
                        u.secretId(id)
                            .versionStage("AWSCURRENT")
                            .moveToVersionId(previous.getKey())
                            .removeFromVersionId(version)));
  }

  /** Records how to undo a change. The latest change is undone first. */
  private static void undo(Exchange exchange, Runnable step) {
    var earlier = exchange.getProperty(UNDO, Runnable.class);
    exchange.setProperty(
        UNDO,
        (Runnable)
            () -> {
              step.run();
              if (earlier != null) {
                earlier.run();
              }
            });
  }

  /**
   * Undoes the changes in Secrets Manager, because the table could not be written.
   *
   * @throws Exception always: the original failure
   */
  public void takeBack(
      @ExchangeProperty(UNDO) Runnable undo,
      @ExchangeProperty(Exchange.EXCEPTION_CAUGHT) Exception cause)
      throws Exception {
    try {
      if (undo != null) {
        undo.run();
      }
    } catch (SdkException e) {
      LOG.warn(
          "A change of a provider key was not recorded and could not be undone: {}", e.toString());
    }
    throw cause;
  }

  /** Adds the secret's name to the change. */
  public void note(
      @Header("tenant_id") String tenantId,
      @Header("name") String name,
      @ExchangeProperty("newSecret") boolean isNew,
      @ExchangeProperty("tenantTier") Tier tier,
      Exchange exchange) {
    var now = Json.time(Instant.now());
    var change = Change.of(exchange);
    change.update(
        Update.builder()
            .tableName(names.table("tenants"))
            .key(Tenant.key(tenantId, SK + name))
            .updateExpression(
                "SET #name = :name, created_at = if_not_exists(created_at, :now), updated_at ="
                    + " :now")
            .expressionAttributeNames(Map.of("#name", "name"))
            .expressionAttributeValues(Map.of(":name", Items.text(name), ":now", Items.text(now))));
    changeFeed.add(change, new Announcement(Kind.secret, tenantId, name));
    if (isNew) {
      caps.add(change, tenantId, cap(tier), () -> count(tenantId));
    }
  }

  private Cap cap(Tier tier) {
    var number = tier.in(most.most());
    return new Cap(
        "secrets",
        number,
        "A tenant of the tier %s may have %d secrets: delete one first."
            .formatted(tier.word(), number));
  }

  /**
   * Whether the tenant has no secret with this name yet, so that a new one counts towards the cap.
   */
  public boolean isNew(@Header("tenant_id") String tenantId, @Header("name") String name) {
    return !dynamoDb
        .getItem(
            g ->
                g.tableName(names.table("tenants"))
                    .key(Tenant.key(tenantId, SK + name))
                    .consistentRead(true))
        .hasItem();
  }

  private int count(String tenantId) {
    return dynamoDb
        .queryPaginator(
            q ->
                q.tableName(names.table("tenants"))
                    .consistentRead(true)
                    .select(Select.COUNT)
                    .keyConditionExpression("tenant_id = :tenant AND begins_with(sk, :secret)")
                    .expressionAttributeValues(
                        Map.of(":tenant", Items.text(tenantId), ":secret", Items.text(SK))))
        .stream()
        .mapToInt(page -> page.count())
        .sum();
  }

  /**
   * Deletes a secret; it can be restored for seven days. Does nothing when it is deleted already.
   */
  public void delete(
      @Header("tenant_id") String tenantId, @Header("name") String name, Exchange exchange) {
    var id = TenantSecret.name(tenantId, name);
    try {
      manager.deleteSecret(d -> d.secretId(id).recoveryWindowInDays(RECOVERY_DAYS));
      undo(exchange, () -> manager.restoreSecret(r -> r.secretId(id)));
    } catch (ResourceNotFoundException | InvalidRequestException e) {
      LOG.debug("A provider key to delete does not exist; its name is removed if there is one");
    }
  }

  /**
   * Removes the secret's name in the change, which is refused with 404 when the name does not
   * exist.
   */
  public void forget(
      @Header("tenant_id") String tenantId, @Header("name") String name, Exchange exchange) {
    var change = Change.of(exchange);
    change.delete(
        Delete.builder()
            .tableName(names.table("tenants"))
            .key(Tenant.key(tenantId, SK + name))
            .conditionExpression("attribute_exists(sk)"),
        old -> Problem.notFound("secret"));
    changeFeed.add(change, new Announcement(Kind.secret, tenantId, name));
  }

  /**
   * A page of the names of a tenant's secrets, newest first. All are read for it, because the cap
   * is low and the table has them in the order of their names.
   */
  public Page<View> list(
      @Header("tenant_id") String tenantId,
      @Header("limit") int limit,
      @Header("cursor") @Nullable String cursor) {
    var scope = "secrets " + tenantId;
    var before = cursor == null ? NEWEST : Cursor.open(cursor, scope);
    var found =
        dynamoDb.query(
            q ->
                q.tableName(names.table("tenants"))
                    .keyConditionExpression("tenant_id = :tenant AND begins_with(sk, :secret)")
                    .expressionAttributeValues(
                        Map.of(":tenant", Items.text(tenantId), ":secret", Items.text(SK))));
    var views =
        found.items().stream()
            .map(item -> items.read(item, View.class))
            .filter(view -> position(view).compareTo(before) < 0)
            .sorted(Comparator.comparing(Secrets::position).reversed())
            .map(this::withRotation)
            .toList();
    var page = views.subList(0, Math.min(limit, views.size()));
    var next = views.size() > limit ? Cursor.to(position(page.getLast()), scope) : null;
    return new Page<>(page, next);
  }

  private static String position(View view) {
    return Json.time(view.createdAt()) + "#" + view.name();
  }

  private View withRotation(View view) {
    var rotateBy = view.updatedAt().plus(java.time.Duration.ofDays(rotateAfterDays));
    var agents = secretNames.agentsOf(view.name());
    return new View(view.name(), agents, view.createdAt(), view.updatedAt(), rotateBy);
  }
}
