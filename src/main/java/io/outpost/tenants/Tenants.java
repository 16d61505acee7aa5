package io.outpost.tenants;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.aws.Names;
import io.outpost.http.Call;
import io.outpost.http.EntityTag;
import io.outpost.kernel.Ids;
import io.outpost.kernel.Json;
import io.outpost.kernel.Problem;
import io.outpost.store.Change;
import io.outpost.store.ChangeFeed;
import io.outpost.store.ChangeFeed.Announcement;
import io.outpost.store.ChangeFeed.Kind;
import io.outpost.store.Items;
import io.outpost.tenant.BillingTerms;
import io.outpost.tenant.Tenant;
import io.outpost.tenant.TenantChange;
import io.outpost.tenant.Tier;
import io.outpost.usage.TermsHistory;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Put;

/** The steps of creating, changing and deleting tenants. Stateless. */
@Component("tenants")
public class Tenants {

  /**
   * Partitions of the index {@code directory}: this one has existing tenants, the next one deleted
   * tenants whose data is not removed yet.
   */
  static final String PRESENT = "tenants";

  static final String DELETED = "deleted";

  private final TenantReader reader;
  private final ChangeFeed changeFeed;
  private final TermsHistory history;
  private final ObjectMapper mapper;
  private final Items items;
  private final Names names;

  Tenants(
      TenantReader reader,
      ChangeFeed changeFeed,
      TermsHistory history,
      ObjectMapper mapper,
      Items items,
      Names names) {
    this.reader = reader;
    this.changeFeed = changeFeed;
    this.history = history;
    this.mapper = mapper;
    this.items = items;
    this.names = names;
  }

  /** What a client asks for. In a change, null fields stay unchanged. */
  record Wish(
      @Nullable String name,
      @Nullable String email,
      @Nullable Tier tier,
      Tenant.@Nullable Status status,
      @Nullable Long monthlyJobLimit) {}

  /** Creates a tenant from the request. */
  public Tenant create(
      @Body JsonNode body, @ExchangeProperty(Call.NAME) Call call, Exchange exchange) {
    var wish = mapper.convertValue(body, Wish.class);
    var now = now();
    var tier = wish.tier() == null ? Tier.FREE : wish.tier();
    var tenant =
        new Tenant(
            Ids.uuid(),
            Objects.requireNonNull(wish.name(), "The contract requires a name"),
            Objects.requireNonNull(wish.email(), "The contract requires an address"),
            tier,
            Tenant.Status.active,
            null,
            null,
            now,
            now,
            null,
            now,
            1,
            false,
            null,
            null);
    call.makes(tenant.tenantId());
    var put =
        Put.builder()
            .tableName(names.table("tenants"))
            .item(attributes(tenant, PRESENT))
            .conditionExpression("attribute_not_exists(sk)");
    Change.of(exchange).put(put, old -> changed());
    return tenant;
  }

  /**
   * Changes the tenant as the request asks.
   *
   * @throws Problem 403 when a tenant changes fields that only operators may set; 409 when it is
   *     deleted or does not match If-Match
   */
  public Tenant update(
      @Body JsonNode body,
      @Header("tenant_id") String tenantId,
      @ExchangeProperty(Call.NAME) Call call,
      Exchange exchange) {
    var wish = mapper.convertValue(body, Wish.class);
    if (!call.principal().isAdmin() && (wish.status() != null || wish.tier() != null)) {
      throw new Problem(
          Problem.Code.FORBIDDEN,
          "status and tier are changed by operators; pay with POST /billing/checkout.");
    }
    var old = current(tenantId, call);
    var now = now();
    var terms =
        new BillingTerms(
            or(wish.tier(), old.tier()),
            old.billingAnchor(),
            body.has("monthly_job_limit") ? wish.monthlyJobLimit() : old.monthlyJobLimit());
    var tenant =
        new Tenant(
            tenantId,
            or(wish.name(), old.name()),
            or(wish.email(), old.email()),
            terms.tier(),
            or(wish.status(), old.status()),
            old.stripeCustomerId(),
            old.subscriptionStatus(),
            old.createdAt(),
            now,
            wish.status() == null ? old.pastDueSince() : null,
            old.billingAnchor(),
            old.version() + 1,
            differs(wish.name(), old.name()) || differs(wish.email(), old.email()),
            terms.monthlyJobLimit(),
            old.uncappedUntil(terms, now));
    history.add(Change.of(exchange), old, terms, now);
    return replace(old, tenant, PRESENT, exchange);
  }

  /** Marks the tenant as deleted. Its keys stop working; its data is removed later. */
  public Tenant delete(
      @Header("tenant_id") String tenantId,
      @ExchangeProperty(Call.NAME) Call call,
      Exchange exchange) {
    var old = current(tenantId, call);
    var tenant =
        new Tenant(
            tenantId,
            old.name(),
            old.email(),
            old.tier(),
            Tenant.Status.deleted,
            old.stripeCustomerId(),
            old.subscriptionStatus(),
            old.createdAt(),
            now(),
            null,
            old.billingAnchor(),
            old.version() + 1,
            false,
            old.monthlyJobLimit(),
            old.uncappedUntil());
    return replace(old, tenant, DELETED, exchange);
  }

  private Tenant current(String tenantId, Call call) {
    var old = reader.read(tenantId);
    var match = call.header("If-Match");
    if (old.status() == Tenant.Status.deleted) {
      throw Problem.notFound("tenant");
    }
    if (match.isPresent() && !EntityTag.isIn(match.get(), tag(old))) {
      throw new Problem(
          Problem.Code.PRECONDITION_FAILED,
          "The tenant was changed meanwhile: read it again, then send its ETag as If-Match.");
    }
    return old;
  }

  private String tag(Tenant tenant) {
    try {
      return EntityTag.of(mapper.writeValueAsBytes(TenantView.of(tenant)));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Writes the tenant, except the attributes that billing sets without increasing the version. */
  private Tenant replace(Tenant old, Tenant tenant, String directory, Exchange exchange) {
    var wanted = new TreeMap<>(attributes(tenant, directory));
    wanted.keySet().removeAll(Set.of("tenant_id", "sk", "stripe_customer_id"));
    if (tenant.pastDueSince() == null) {
      wanted.put("past_due_since", null);
    }
    if (tenant.monthlyJobLimit() == null) {
      wanted.put("monthly_job_limit", null);
    }
    if (!tenant.customerOutdated()) {
      wanted.remove("customer_outdated");
    }
    var change = Change.of(exchange);
    change.update(TenantChange.of(names.table("tenants"), old, wanted), item -> changed());
    changeFeed.add(change, new Announcement(Kind.tenant, tenant.tenantId(), tenant.tenantId()));
    return tenant;
  }

  private Map<String, AttributeValue> attributes(Tenant tenant, String directory) {
    var item = items.write(tenant);
    item.put("sk", Items.text(Tenant.SK));
    item.put("directory", Items.text(directory));
    item.put("updated_at", Items.text(Json.time(tenant.updatedAt())));
    return item;
  }

  private static Problem changed() {
    return new Problem(
        Problem.Code.CONFLICT,
        "The tenant was changed meanwhile: read it again, then send its ETag as If-Match.");
  }

  private static <T> T or(@Nullable T wished, T old) {
    return wished == null ? old : wished;
  }

  private static boolean differs(@Nullable String wished, String old) {
    return wished != null && !wished.equals(old);
  }

  private static Instant now() {
    return Instant.now().truncatedTo(ChronoUnit.MILLIS);
  }
}
