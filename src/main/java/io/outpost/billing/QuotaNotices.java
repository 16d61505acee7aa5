package io.outpost.billing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.outpost.audit.AuditAction;
import io.outpost.audit.AuditEntry;
import io.outpost.audit.AuditTrail;
import io.outpost.aws.Names;
import io.outpost.event.EventType;
import io.outpost.event.Events;
import io.outpost.kernel.Ids;
import io.outpost.kernel.Json;
import io.outpost.kernel.Shards;
import io.outpost.store.Change;
import io.outpost.store.Items;
import io.outpost.store.Transactions;
import io.outpost.tenant.BillingPeriod;
import io.outpost.tenant.Tenant;
import io.outpost.usage.QuotaCounter;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.ExchangeProperty;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Put;

/**
 * Notices that a tenant has used 80 % or 100 % of its limit, each once in a period. A notice is
 * written in one transaction with its audit entry and the tenant's event; sending it to operators
 * follows. Written notices are cached, so that later submissions write nothing. Thread-safe.
 */
@Component("quotaNotices")
public class QuotaNotices {
  private static final List<Integer> THRESHOLDS = List.of(80, 100);
  private static final String UNTOLD = "notice";

  /**
   * The size of the cache of written notices. Each submission looks there, and about this many
   * tenants have a notice at a time.
   */
  private static final int REMEMBERED = 100_000;

  private final Cache<String, Boolean> given =
      Caffeine.newBuilder().maximumSize(REMEMBERED).expireAfterAccess(Duration.ofDays(1)).build();
  private final DynamoDbClient dynamoDb;
  private final QuotaCounter counter;
  private final Items items;
  private final Names names;
  private final ObjectMapper mapper;
  private final Transactions transactions;
  private final AuditTrail trail;
  private final Clock clock;
  private final Events events;

  QuotaNotices(
      DynamoDbClient dynamoDb,
      QuotaCounter counter,
      Items items,
      Names names,
      ObjectMapper mapper,
      Transactions transactions,
      AuditTrail trail,
      Clock clock,
      Events events) {
    this.dynamoDb = dynamoDb;
    this.counter = counter;
    this.items = items;
    this.names = names;
    this.mapper = mapper;
    this.transactions = transactions;
    this.trail = trail;
    this.clock = clock;
    this.events = events;
  }

  /**
   * A stored notice.
   *
   * @param sk {@code notice#<period_start>#<percent>}
   * @param percent the threshold that was reached
   * @param own whether the limit is the tenant's own, not its tier's
   * @param email the tenant's address
   */
  public record Notice(
      String tenantId,
      String sk,
      int percent,
      long used,
      long quota,
      boolean own,
      Instant periodStart,
      Instant periodEnd,
      String email,
      Instant givenAt) {}

  /** The notice was written before. */
  private static final class GivenBefore extends RuntimeException {
    private static final long serialVersionUID = 1;

    GivenBefore() {
      super(null, null, false, false);
    }
  }

  /** A notice that was written just now, with its audit entry. */
  public record Given(Notice notice, AuditEntry entry) {}

  /** Writes the notices that are due and not written yet. */
  public List<Given> due(@ExchangeProperty("tenant") Tenant tenant) {
    List<Given> due = new ArrayList<>();
    if (tenant == null || tenant.terms().limit().isEmpty()) {
      return due;
    }
    var limit = tenant.terms().limit().orElseThrow();
    var now = clock.instant();
    var period = tenant.terms().period(now);
    if (THRESHOLDS.stream().allMatch(percent -> isGiven(tenant, period, percent))) {
      return due;
    }
    long used = counter.used(tenant.tenantId(), Json.time(period.start()));
    for (int percent : THRESHOLDS) {
      if (used > 0 && used * 100 >= limit.jobs() * percent && !isGiven(tenant, period, percent)) {
        var notice = notice(tenant, percent, used, limit.jobs(), limit.own(), period, now);
        give(notice, entry(notice, tenant)).ifPresent(due::add);
      }
    }
    return due;
  }

  private boolean isGiven(Tenant tenant, BillingPeriod period, int percent) {
    return given.getIfPresent(tenant.tenantId() + "#" + sk(period.start(), percent)) != null;
  }

  private static String sk(Instant periodStart, int percent) {
    return "notice#" + Json.time(periodStart) + "#" + percent;
  }

  private static Notice notice(
      Tenant tenant,
      int percent,
      long used,
      long quota,
      boolean own,
      BillingPeriod period,
      Instant now) {
    return new Notice(
        tenant.tenantId(),
        sk(period.start(), percent),
        percent,
        used,
        quota,
        own,
        period.start(),
        period.end(),
        tenant.email(),
        now);
  }

  private Optional<Given> give(Notice notice, AuditEntry entry) {
    var id = Ids.ulid();
    var item = items.write(notice);
    item.put("job_id", Items.text(id));
    item.put("unreported_shard", Items.text(Shards.of(UNTOLD, id)));
    Change change = new Change();
    change.put(
        Put.builder()
            .tableName(names.table("usage"))
            .item(item)
            .conditionExpression("attribute_not_exists(sk)"),
        old -> new GivenBefore());
    trail.add(change, entry);
    events.add(
        change,
        notice.tenantId(),
        EventType.USAGE_THRESHOLD,
        notice.givenAt(),
        Map.of(
            "percent", notice.percent(),
            "used", notice.used(),
            "limit", notice.quota(),
            "period_end", Json.time(notice.periodEnd())));
    try {
      transactions.write(change);
      given.put(notice.tenantId() + "#" + notice.sk(), true);
      return Optional.of(new Given(notice, entry));
    } catch (GivenBefore e) {
      given.put(notice.tenantId() + "#" + notice.sk(), true);
      return Optional.empty();
    }
  }

  /** The notices that were written but not completely sent. */
  public List<Notice> untold() {
    return Shards.all(UNTOLD).stream().flatMap(shard -> untold(shard).stream()).toList();
  }

  private List<Notice> untold(String shard) {
    return dynamoDb
        .queryPaginator(
            q ->
                q.tableName(names.table("usage"))
                    .indexName("unreported")
                    .keyConditionExpression("unreported_shard = :shard")
                    .expressionAttributeValues(Map.of(":shard", Items.text(shard))))
        .items()
        .stream()
        .map(item -> items.read(item, Notice.class))
        .toList();
  }

  /** The notice to operators, as JSON. */
  public String message(@ExchangeProperty("threshold") Notice notice)
      throws JsonProcessingException {
    return mapper.writeValueAsString(
        Map.of(
            "notice", "quota",
            "tenant_id", notice.tenantId(),
            "percent", notice.percent(),
            "used", notice.used(),
            "quota", notice.quota(),
            "limit", notice.own() ? "monthly_job_limit" : "tier",
            "period_start", notice.periodStart(),
            "period_end", notice.periodEnd(),
            "email", notice.email()));
  }

  /** Records that the notice was sent to everyone. */
  public void told(@ExchangeProperty("threshold") Notice notice) {
    Map<String, AttributeValue> key =
        Map.of("tenant_id", Items.text(notice.tenantId()), "sk", Items.text(notice.sk()));
    dynamoDb.updateItem(
        u ->
            u.tableName(names.table("usage"))
                .key(key)
                .updateExpression("REMOVE unreported_shard")
                .conditionExpression("attribute_exists(sk)"));
  }

  private static AuditEntry entry(Notice notice, Tenant tenant) {
    return AuditEntry.own(
        tenant.tenantId(),
        notice.givenAt(),
        notice.percent() == 100 ? AuditAction.QUOTA_100 : AuditAction.QUOTA_80,
        "/tenants/" + tenant.tenantId(),
        AuditEntry.Outcome.allowed,
        Map.of(
            "used", Long.toString(notice.used()),
            "limit", Long.toString(notice.quota()),
            "tier", tenant.tier().word()));
  }
}
