package io.outpost.webhooks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.aws.Names;
import io.outpost.event.Event;
import io.outpost.event.EventAudience;
import io.outpost.event.EventType;
import io.outpost.event.OutboxPace;
import io.outpost.kernel.Ids;
import io.outpost.kernel.Page;
import io.outpost.kernel.Problem;
import io.outpost.store.Change;
import io.outpost.store.ChangeFeed;
import io.outpost.store.ChangeFeed.Announcement;
import io.outpost.store.Items;
import io.outpost.store.Pages;
import io.outpost.tenant.Tenant;
import io.outpost.tenant.Tier;
import io.outpost.webhooks.Endpoint.SecretVersion;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Delete;
import software.amazon.awssdk.services.dynamodb.model.Put;
import software.amazon.awssdk.services.dynamodb.model.Update;

/** The steps of creating, changing and deleting a tenant's endpoints. Stateless. */
@Component("webhookEndpoints")
public class Endpoints {

  private static final int DEFAULT_GRACE_SECONDS = 86_400;

  private final OutboxPace pace;
  private final Destinations destinations;
  private final WebhookSettings settings;
  private final ChangeFeed changeFeed;
  private final DynamoDbClient dynamoDb;
  private final Pages pages;
  private final ObjectMapper mapper;
  private final Items items;
  private final Names names;

  Endpoints(
      OutboxPace pace,
      Destinations destinations,
      WebhookSettings settings,
      ChangeFeed changeFeed,
      DynamoDbClient dynamoDb,
      Pages pages,
      ObjectMapper mapper,
      Items items,
      Names names) {
    this.pace = pace;
    this.destinations = destinations;
    this.settings = settings;
    this.changeFeed = changeFeed;
    this.dynamoDb = dynamoDb;
    this.pages = pages;
    this.mapper = mapper;
    this.items = items;
    this.names = names;
  }

  /** What a client asks for. */
  record Wish(
      @Nullable String url,
      @Nullable List<EventType> events,
      @Nullable String description,
      Endpoint.@Nullable Status status) {}

  /**
   * The endpoint that the request asks for, not stored yet and without a secret.
   *
   * @throws Problem 400 for an address to which webhooks are never sent
   */
  public Endpoint create(@Body JsonNode body, @Header("tenant_id") String tenantId) {
    var wish = mapper.convertValue(body, Wish.class);
    var url = Objects.requireNonNull(wish.url(), "The contract requires an address");
    var unused = destinations.check(url);
    var now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    return new Endpoint(
        Ids.ulid(),
        tenantId,
        url,
        wish.events() == null ? EventType.JOB_ENDS : wish.events(),
        wish.description(),
        Endpoint.Status.enabled,
        now,
        now,
        null,
        null,
        List.of());
  }

  /** Adds a new endpoint, and its count, to the change. Refused with 409 at the cap. */
  public EndpointView add(
      @Body Endpoint endpoint,
      @ExchangeProperty("signingSecret") String secret,
      @ExchangeProperty("signingVersion") String version,
      @ExchangeProperty("tenantTier") Tier tier,
      Exchange exchange) {
    var made = endpoint.withSecrets(List.of(new SecretVersion(version, null)));
    var item = items.write(made);
    item.put("sk", Items.text(Endpoint.SK_PREFIX + made.webhookId()));
    item.put("mark", Items.text(Ids.ulid()));
    var change = Change.of(exchange);
    change.put(Put.builder().tableName(table()).item(item));
    change.update(
        count(made.tenantId(), 1, tier.in(settings.most())),
        old ->
            new Problem(
                Problem.Code.LIMIT_REACHED,
                "A tenant of the tier %s may have %d webhooks: delete one first."
                    .formatted(tier.word(), tier.in(settings.most()))));
    changeFeed.add(
        change, new Announcement(ChangeFeed.Kind.webhook, made.tenantId(), made.webhookId()));
    return EndpointView.of(made, secret);
  }

  /** An endpoint of the tenant. */
  public Endpoint load(
      @Header("tenant_id") String tenantId, @Header("webhook_id") String webhookId) {
    var found =
        dynamoDb.getItem(
            g -> g.tableName(table()).key(Endpoint.key(tenantId, webhookId)).consistentRead(true));
    if (!found.hasItem()) {
      throw missing();
    }
    return items.read(found.item(), Endpoint.class);
  }

  /** The endpoint in the form that clients see. */
  public EndpointView show(@Body Endpoint endpoint) {
    return EndpointView.of(endpoint);
  }

  /** A page of endpoints, newest first. */
  public Page<EndpointView> list(
      @Header("tenant_id") String tenantId,
      @Header("limit") int limit,
      @Header("cursor") String cursor) {
    var page =
        pages.read(
            q ->
                q.tableName(table())
                    .keyConditionExpression("tenant_id = :tenant AND begins_with(sk, :endpoint)")
                    .expressionAttributeValues(
                        Map.of(
                            ":tenant", Items.text(tenantId),
                            ":endpoint", Items.text(Endpoint.SK_PREFIX))),
            tenantId + " webhooks",
            limit,
            cursor,
            Endpoint.class);
    return new Page<>(page.data().stream().map(EndpointView::of).toList(), page.nextCursor());
  }

  /**
   * Adds the request's changes of an endpoint to the change. A new address resets the failures, and
   * so does enabling the endpoint: waiting deliveries are sent at once.
   */
  public EndpointView update(
      @ExchangeProperty("request") JsonNode body, @Body Endpoint before, Exchange exchange) {
    var wish = mapper.convertValue(body, Wish.class);
    if (wish.url() != null) {
      var unused = destinations.check(wish.url());
    }
    var again =
        wish.status() == Endpoint.Status.enabled
            || (wish.url() != null && !wish.url().equals(before.url()));
    var after =
        new Endpoint(
            before.webhookId(),
            before.tenantId(),
            wish.url() == null ? before.url() : wish.url(),
            wish.events() == null ? before.events() : wish.events(),
            body.has("description") ? wish.description() : before.description(),
            wish.status() == null ? before.status() : wish.status(),
            before.createdAt(),
            Instant.now().truncatedTo(ChronoUnit.MILLIS),
            wish.status() == null ? before.disabledReason() : null,
            again ? null : before.failingSince(),
            before.secrets());
    var change = Change.of(exchange).update(write(before, after, again), old -> missing());
    if (again) {
      pace.wakeAfter(change);
    }
    return EndpointView.of(after);
  }

  /** Adds a new secret to the change. The old one also signs, until its grace ends. */
  public EndpointView rotate(
      @ExchangeProperty("request") @Nullable JsonNode body,
      @Body Endpoint endpoint,
      @ExchangeProperty("signingSecret") String secret,
      @ExchangeProperty("signingVersion") String version,
      Exchange exchange) {
    var grace =
        body == null
            ? DEFAULT_GRACE_SECONDS
            : body.path("grace_seconds").asInt(DEFAULT_GRACE_SECONDS);
    var versions = new ArrayList<SecretVersion>();
    versions.add(new SecretVersion(version, null));
    if (grace > 0) {
      versions.add(
          new SecretVersion(
              endpoint.secrets().getFirst().id(), Instant.now().plus(Duration.ofSeconds(grace))));
    }
    var after = endpoint.withSecrets(versions);
    Change.of(exchange)
        .update(
            Update.builder()
                .tableName(table())
                .key(Endpoint.key(after.tenantId(), after.webhookId()))
                .updateExpression("SET secrets = :secrets")
                .conditionExpression("secrets = :before")
                .expressionAttributeValues(
                    Map.of(
                        ":secrets", items.write(after).get("secrets"),
                        ":before", items.write(endpoint).get("secrets"))),
            old ->
                old.isEmpty()
                    ? missing()
                    : new Problem(Problem.Code.CONFLICT, "The secret was just rotated."));
    return EndpointView.of(after, secret);
  }

  /** Adds the removal of an endpoint to the change. */
  public void remove(@Body Endpoint endpoint, Exchange exchange) {
    var change = Change.of(exchange);
    change.delete(
        Delete.builder()
            .tableName(table())
            .key(Endpoint.key(endpoint.tenantId(), endpoint.webhookId()))
            .conditionExpression("attribute_exists(sk)"),
        old -> missing());
    change.update(count(endpoint.tenantId(), -1, Integer.MAX_VALUE));
  }

  /**
   * Changes the number of a tenant's endpoints. From the item with this number, every container
   * knows which tenants have endpoints.
   */
  private Update.Builder count(String tenantId, int more, int most) {
    return Update.builder()
        .tableName(table())
        .key(Tenant.key(EventAudience.DIRECTORY, tenantId))
        .updateExpression("ADD endpoints :more")
        .conditionExpression("attribute_not_exists(endpoints) OR endpoints < :most")
        .expressionAttributeValues(
            Map.of(":more", Items.number(more), ":most", Items.number(most)));
  }

  private Update.Builder write(Endpoint before, Endpoint after, boolean again) {
    var values = new HashMap<String, AttributeValue>();
    var aliases = new HashMap<String, String>();
    var sets = new ArrayList<String>();
    var removes = new ArrayList<String>();
    var now = items.write(after);
    for (var name :
        List.of(
            "url",
            "events",
            "description",
            "status",
            "updated_at",
            "disabled_reason",
            "failing_since")) {
      aliases.put("#" + name, name);
      if (now.containsKey(name)) {
        sets.add("#%s = :%s".formatted(name, name));
        values.put(":" + name, now.get(name));
      } else {
        removes.add("#" + name);
      }
    }
    if (after.status() == Endpoint.Status.disabled) {
      removes.addAll(Event.DUE.names());
    } else if (again) {
      Event.DUE
          .keys(after.webhookId(), Instant.now())
          .forEach(
              (name, value) -> {
                sets.add(name + " = :" + name);
                values.put(":" + name, value);
              });
      sets.add("mark = :mark");
      values.put(":mark", Items.text(Ids.ulid()));
      removes.add("lease_due");
    }
    return Update.builder()
        .tableName(table())
        .key(Endpoint.key(before.tenantId(), before.webhookId()))
        .updateExpression(
            "SET "
                + String.join(", ", sets)
                + (removes.isEmpty() ? "" : " REMOVE " + String.join(", ", removes)))
        .conditionExpression("attribute_exists(sk)")
        .expressionAttributeNames(aliases)
        .expressionAttributeValues(values);
  }

  private String table() {
    return names.table("webhooks");
  }

  private static Problem missing() {
    return Problem.notFound("webhook");
  }
}
