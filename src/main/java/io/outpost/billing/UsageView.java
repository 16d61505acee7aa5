package io.outpost.billing;

import io.outpost.aws.Names;
import io.outpost.http.Call;
import io.outpost.kernel.Json;
import io.outpost.kernel.Problem;
import io.outpost.store.Items;
import io.outpost.tenant.BillingPeriod;
import io.outpost.tenant.Principal;
import io.outpost.tenant.Tier;
import io.outpost.usage.QuotaCounter;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.Map;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Header;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.Select;

/** Tells a tenant what it used. Stateless. */
@Component("usageView")
public class UsageView {
  /** What a time begins with where no more of it is said. */
  private static final String FIRST = "0000-01-01T00:00:00Z";

  private static final int MONTH = 7;
  private static final int DATE = 10;

  private final DynamoDbClient dynamoDb;
  private final Names names;

  UsageView(DynamoDbClient dynamoDb, Names names) {
    this.dynamoDb = dynamoDb;
    this.names = names;
  }

  /**
   * @param used jobs that count: accepted ones where there is a limit, else finished ones
   * @param limit jobs of the period; null for no limit
   */
  record Usage(Tier tier, Instant periodStart, Instant periodEnd, long used, Integer limit) {}

  /**
   * The usage of the period that had begun by the end of {@code wanted} (a month, a date or a
   * time), or of the current one. So the day on which a period begins is its own, whatever the
   * hour.
   *
   * @throws Problem 400 for what is none of them, or in the future
   */
  public Usage read(@ExchangeProperty(Call.NAME) Call call, @Header("period") String wanted) {
    Principal caller = call.principal();
    Instant at = wanted == null ? call.arrived() : within(wanted, call.arrived());
    var period = BillingPeriod.at(caller.billingAnchor(), at);
    var start = Json.time(period.start());
    var quota = caller.tier().quota();
    return new Usage(
        caller.tier(),
        period.start(),
        period.end(),
        quota.isPresent() ? counted(caller.tenantId(), start) : finished(caller.tenantId(), start),
        quota.isPresent() ? quota.getAsInt() : null);
  }

  /** The last second of what is wanted; now, while that lasts. */
  private static Instant within(String wanted, Instant now) {
    var first = first(wanted);
    if (first.isAfter(now)) {
      throw Problem.invalid("period", "is in the future");
    }
    var next = first.atZone(ZoneOffset.UTC);
    var last =
        switch (wanted.length()) {
          case MONTH -> next.plusMonths(1).toInstant().minusSeconds(1);
          case DATE -> next.plusDays(1).toInstant().minusSeconds(1);
          default -> first;
        };
    return last.isAfter(now) ? now : last;
  }

  private static Instant first(String wanted) {
    try {
      return Instant.parse(wanted + FIRST.substring(Math.min(wanted.length(), FIRST.length())));
    } catch (DateTimeParseException e) {
      throw Problem.invalid("period", "is not a month, a date or an RFC 3339 time in UTC");
    }
  }

  /** What the quota goes by. */
  private long counted(String tenantId, String start) {
    var found =
        dynamoDb.getItem(
            g ->
                g.tableName(names.table("usage"))
                    .key(QuotaCounter.key(tenantId, start))
                    .consistentRead(true));
    return found.hasItem() ? Long.parseLong(found.item().get("used").n()) : 0;
  }

  /** Without a quota nothing is counted ahead: the ledger's entries are. */
  private long finished(String tenantId, String start) {
    return dynamoDb
        .queryPaginator(
            q ->
                q.tableName(names.table("usage"))
                    .keyConditionExpression("tenant_id = :tenant AND begins_with(sk, :period)")
                    .expressionAttributeValues(
                        Map.of(
                            ":tenant", Items.text(tenantId),
                            ":period", Items.text("ledger#" + start + "#")))
                    .select(Select.COUNT))
        .stream()
        .mapToLong(page -> page.count())
        .sum();
  }
}
