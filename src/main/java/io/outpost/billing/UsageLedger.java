package io.outpost.billing;

import io.outpost.aws.Names;
import io.outpost.kernel.Json;
import io.outpost.kernel.Shards;
import io.outpost.store.Items;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.Body;
import org.apache.camel.ExchangeProperty;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.ReturnValue;

/**
 * The ledger's entries on their way to Stripe. Each goes from unreported to reported; where 23
 * hours after the first try nobody knows whether Stripe has it, it is in doubt and is not sent
 * again, for Stripe tells doubles apart for 24 hours only. Thread-safe.
 */
@Component("usageLedger")
public class UsageLedger {
  static final String UNREPORTED = "unreported";
  static final String DOUBT = "doubt";

  private static final Duration SAFE = Duration.ofHours(23);
  // Stripe takes events of the last 35 days.
  private static final Duration TOO_OLD = Duration.ofDays(34);
  private static final int MOST = 2_000;
  private static final int MOST_OF_TENANT = 200;

  private final DynamoDbClient dynamoDb;
  private final Items items;
  private final Names names;

  UsageLedger(DynamoDbClient dynamoDb, Items items, Names names) {
    this.dynamoDb = dynamoDb;
    this.items = items;
    this.names = names;
  }

  /** What one tenant has to report, oldest job first. */
  public record Backlog(String tenantId, List<LedgerEntry> entries) {}

  /** What is to be reported next: at most 2,000 jobs, at most 200 of a tenant. */
  public List<Backlog> backlog() {
    Map<String, List<LedgerEntry>> byTenant = new LinkedHashMap<>();
    int taken = 0;
    for (String shard : Shards.all(UNREPORTED)) {
      for (var item : unreported(shard)) {
        var entry = items.read(item, LedgerEntry.class);
        var entries = byTenant.computeIfAbsent(entry.tenantId(), tenant -> new ArrayList<>());
        if (entries.size() < MOST_OF_TENANT) {
          entries.add(entry);
          taken++;
        }
        if (taken == MOST) {
          return backlogs(byTenant);
        }
      }
    }
    return backlogs(byTenant);
  }

  private static List<Backlog> backlogs(Map<String, List<LedgerEntry>> byTenant) {
    return byTenant.entrySet().stream().map(e -> new Backlog(e.getKey(), e.getValue())).toList();
  }

  private Iterable<Map<String, AttributeValue>> unreported(String shard) {
    return dynamoDb
        .queryPaginator(
            q ->
                q.tableName(names.table("usage"))
                    .indexName("unreported")
                    .keyConditionExpression("unreported_shard = :shard")
                    .expressionAttributeValues(Map.of(":shard", Items.text(shard))))
        .items();
  }

  /**
   * Writes down that a report is about to be tried.
   *
   * @return whether it may be: not when it is reported, too old for Stripe, or in doubt
   */
  public boolean begin(@Body LedgerEntry entry) {
    Instant now = Instant.now();
    if (entry.recordedAt().isBefore(now.minus(TOO_OLD))) {
      park(entry, "too-old");
      return false;
    }
    Optional<LedgerEntry> begun =
        update(
            entry,
            "SET report_began = if_not_exists(report_began, :now)",
            "begins_with(unreported_shard, :unreported)",
            Map.of(":now", Items.text(Json.time(now)), ":unreported", Items.text(UNREPORTED)));
    if (begun.isPresent() && begun.get().reportBegan().isBefore(now.minus(SAFE))) {
      doubt(entry);
      return false;
    }
    return begun.isPresent();
  }

  /** Stripe has it. */
  public void reported(@ExchangeProperty("entry") LedgerEntry entry) {
    update(
        entry,
        "SET reported_at = :now REMOVE unreported_shard",
        "attribute_not_exists(reported_at)",
        Map.of(":now", Items.text(Json.time(Instant.now()))));
  }

  /** Stripe will never take it: reconciliation names it, and why. */
  public void park(@ExchangeProperty("entry") LedgerEntry entry, String reason) {
    update(
        entry,
        "SET parked_for = :reason REMOVE unreported_shard",
        "attribute_not_exists(reported_at)",
        Map.of(":reason", Items.text(reason)));
  }

  private void doubt(LedgerEntry entry) {
    update(
        entry,
        "SET unreported_shard = :shard",
        "attribute_exists(unreported_shard)",
        Map.of(":shard", Items.text(Shards.of(DOUBT, entry.jobId()))));
  }

  /** Stripe turned out not to have it: it is reported as if for the first time. */
  void reportAgain(LedgerEntry entry) {
    update(
        entry,
        "SET unreported_shard = :shard REMOVE report_began",
        "begins_with(unreported_shard, :doubt)",
        Map.of(
            ":shard", Items.text(Shards.of(UNREPORTED, entry.jobId())),
            ":doubt", Items.text(DOUBT)));
  }

  /** One change of an entry; empty when its condition does not hold. */
  Optional<LedgerEntry> update(
      LedgerEntry entry, String change, String condition, Map<String, AttributeValue> values) {
    Map<String, AttributeValue> key = new HashMap<>();
    key.put("tenant_id", Items.text(entry.tenantId()));
    key.put("sk", Items.text(entry.sk()));
    try {
      var updated =
          dynamoDb.updateItem(
              u ->
                  u.tableName(names.table("usage"))
                      .key(key)
                      .updateExpression(change)
                      .conditionExpression("attribute_exists(sk) AND " + condition)
                      .expressionAttributeValues(values)
                      .returnValues(ReturnValue.ALL_NEW));
      return Optional.of(items.read(updated.attributes(), LedgerEntry.class));
    } catch (ConditionalCheckFailedException e) {
      return Optional.empty();
    }
  }
}
