package io.outpost.billing;

import io.outpost.platform.BillingPeriod;
import io.outpost.platform.Json;
import io.outpost.platform.Principal;
import io.outpost.platform.Problem;
import io.outpost.platform.QuotaCounter;
import io.outpost.platform.Tier;
import io.outpost.platform.aws.Items;
import io.outpost.platform.aws.Names;
import io.outpost.platform.http.Call;
import java.time.Instant;
import java.time.LocalDate;
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
   * The usage of the period that holds {@code wanted} (a date or a time), or of the current one.
   *
   * @throws Problem 400 for what is no date, or in the future
   */
  public Usage read(@ExchangeProperty(Call.NAME) Call call, @Header("period") String wanted) {
    Principal caller = call.principal();
    Instant at = wanted == null ? call.arrived() : instant(wanted);
    if (at.isAfter(call.arrived())) {
      throw Problem.invalid("period", "is in the future");
    }
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

  private static Instant instant(String wanted) {
    try {
      return wanted.length() == 10
          ? LocalDate.parse(wanted).atStartOfDay(ZoneOffset.UTC).toInstant()
          : Instant.parse(wanted);
    } catch (DateTimeParseException e) {
      throw Problem.invalid("period", "is not a date or an RFC 3339 time in UTC");
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
