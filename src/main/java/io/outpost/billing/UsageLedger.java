package io.outpost.billing;

import io.micrometer.core.instrument.MeterRegistry;
import io.outpost.aws.Names;
import io.outpost.kernel.Json;
import io.outpost.kernel.Shards;
import io.outpost.store.Items;
import io.outpost.telemetry.Metric;
import io.outpost.telemetry.Reading;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.camel.Body;
import org.apache.camel.ExchangeProperty;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;
import software.amazon.awssdk.services.dynamodb.model.ReturnValue;

/**
 * The reporting state of ledger entries, from unreported to reported. Stripe recognizes duplicates
 * only for 24 hours. So a report whose outcome is unknown after 23 hours puts its entry in doubt
 * and is not sent again. Thread-safe.
 */
@Component("usageLedger")
public class UsageLedger {
  static final String UNREPORTED = "unreported";
  static final String DOUBT = "doubt";
  static final String PARKED = "parked";

  private static final Duration SAFE = Duration.ofHours(23);
  // Stripe accepts events of the last 35 days.
  private static final Duration TOO_OLD = Duration.ofDays(34);
  // Older invoices are no longer checked, so no invoice item would be created for the job.
  private static final Duration TOO_OLD_FOR_POSITION = InvoiceCheck.LOOK_BACK.minusDays(2);
  // Limited for each tenant, so that every tenant gets a share of each round.
  private static final int MOST_OF_TENANT = 200;
  // As many as can be sent within a message's visibility timeout, even at 250 ms a report.
  private static final int MOST_OF_MESSAGE = 50;

  private final DynamoDbClient dynamoDb;
  private final Items items;
  private final Names names;
  private final Clock clock;
  private final Reading age;

  UsageLedger(
      DynamoDbClient dynamoDb, Items items, Names names, Clock clock, MeterRegistry meters) {
    this.age = Metric.USAGE_AGE.reading(meters);
    this.clock = clock;
    this.dynamoDb = dynamoDb;
    this.items = items;
    this.names = names;
  }

  /**
   * One tenant's unreported jobs, oldest first.
   *
   * @param more whether the tenant has more of them
   */
  public record Backlog(String tenantId, List<LedgerEntry> entries, boolean more) {}

  /** The next jobs to report, at most 200 of each tenant. */
  public List<Backlog> backlog() {
    Map<String, List<LedgerEntry>> byTenant = new LinkedHashMap<>();
    for (String shard : Shards.all(UNREPORTED)) {
      for (var item : unreported(shard, q -> {})) {
        String tenant = Items.required(item, "tenant_id").s();
        var entries = byTenant.computeIfAbsent(tenant, id -> new ArrayList<>());
        if (entries.size() <= MOST_OF_TENANT) {
          entries.add(items.read(item, LedgerEntry.class));
        }
      }
    }
    age.set(
        byTenant.values().stream()
            .flatMap(List::stream)
            .mapToLong(e -> Duration.between(e.recordedAt(), clock.instant()).toSeconds())
            .max()
            .orElse(0));
    return byTenant.entrySet().stream()
        .map(e -> firstOf(e.getKey(), e.getValue(), MOST_OF_TENANT))
        .toList();
  }

  /**
   * The next jobs of one tenant to report: at most 50, because a queue message must be handled in
   * limited time.
   */
  public Backlog backlogOf(@ExchangeProperty("tenantId") String tenantId) {
    List<LedgerEntry> entries = new ArrayList<>();
    for (String shard : Shards.all(UNREPORTED)) {
      for (var item : unreported(shard, q -> ofTenant(q, shard, tenantId))) {
        entries.add(items.read(item, LedgerEntry.class));
        if (entries.size() > MOST_OF_MESSAGE) {
          return firstOf(tenantId, entries, MOST_OF_MESSAGE);
        }
      }
    }
    return firstOf(tenantId, entries, MOST_OF_MESSAGE);
  }

  private static Backlog firstOf(String tenantId, List<LedgerEntry> entries, int most) {
    var some = List.copyOf(entries.subList(0, Math.min(most, entries.size())));
    return new Backlog(tenantId, some, entries.size() > most);
  }

  private static void ofTenant(QueryRequest.Builder query, String shard, String tenantId) {
    query
        .filterExpression("tenant_id = :tenant")
        .expressionAttributeValues(
            Map.of(":shard", Items.text(shard), ":tenant", Items.text(tenantId)));
  }

  private Iterable<Map<String, AttributeValue>> unreported(
      String shard, Consumer<QueryRequest.Builder> narrower) {
    return dynamoDb
        .queryPaginator(
            q ->
                q.tableName(names.table("usage"))
                    .indexName("unreported")
                    .keyConditionExpression("unreported_shard = :shard")
                    .expressionAttributeValues(Map.of(":shard", Items.text(shard)))
                    .applyMutation(narrower))
        .items();
  }

  /**
   * Records that a report begins.
   *
   * @return whether to send the report: not when the job is reported already, too old for Stripe's
   *     meter, or in doubt
   */
  public boolean begin(@Body LedgerEntry entry) {
    Instant now = clock.instant();
    if (entry.countedAt().isBefore(now.minus(TOO_OLD))) {
      setAside(entry, now);
      return false;
    }
    Optional<LedgerEntry> begun =
        update(
            entry,
            "SET report_began = if_not_exists(report_began, :now)",
            "begins_with(unreported_shard, :unreported)",
            Map.of(":now", Items.text(Json.time(now)), ":unreported", Items.text(UNREPORTED)));
    if (begun.isPresent() && begun.get().begun().isBefore(now.minus(SAFE))) {
      doubt(entry);
      return false;
    }
    return begun.isPresent();
  }

  /**
   * Marks a job that is too old for Stripe's meter, so that the check of invoices bills it by an
   * item. If a report was begun, it must first be known that Stripe does not have it. A job that is
   * too old even for that check is parked.
   */
  private void setAside(LedgerEntry entry, Instant now) {
    if (entry.reportBegan() != null) {
      doubt(entry);
    } else if (entry.countedAt().isBefore(now.minus(TOO_OLD_FOR_POSITION))) {
      park(entry, "too-old");
    } else {
      update(
          entry,
          "SET unmetered_at = :now REMOVE unreported_shard",
          "attribute_not_exists(report_began) AND begins_with(unreported_shard, :unreported)",
          Map.of(":now", Items.text(Json.time(now)), ":unreported", Items.text(UNREPORTED)));
    }
  }

  /** A tenant's ledger entry of a job, whatever its period. */
  Optional<LedgerEntry> of(String tenantId, String jobId) {
    return dynamoDb
        .queryPaginator(
            q ->
                q.tableName(names.table("usage"))
                    .keyConditionExpression("tenant_id = :tenant AND begins_with(sk, :ledger)")
                    .filterExpression("job_id = :job")
                    .expressionAttributeValues(
                        Map.of(
                            ":tenant", Items.text(tenantId),
                            ":ledger", Items.text("ledger#"),
                            ":job", Items.text(jobId)))
                    .consistentRead(true))
        .items()
        .stream()
        .findFirst()
        .map(item -> items.read(item, LedgerEntry.class));
  }

  /** Records that Stripe has the report. */
  public void reported(@ExchangeProperty("entry") LedgerEntry entry) {
    update(
        entry,
        "SET reported_at = :now REMOVE unreported_shard",
        "attribute_not_exists(reported_at)",
        Map.of(":now", Items.text(Json.time(clock.instant()))));
  }

  /** Parks a job whose report Stripe refuses, with the reason, for operators. */
  public void park(@ExchangeProperty("entry") LedgerEntry entry, String reason) {
    update(
        entry,
        "SET parked_for = :reason, parked_at = :now, unreported_shard = :parked",
        "attribute_not_exists(reported_at)",
        Map.of(
            ":reason", Items.text(reason),
            ":now", Items.text(Json.time(clock.instant())),
            ":parked", Items.text(Shards.of(PARKED, entry.jobId()))));
  }

  /** Makes a parked job unreported; returns whether it was parked. */
  boolean release(LedgerEntry entry) {
    return update(
            entry,
            "SET unreported_shard = :unreported REMOVE parked_for, parked_at, report_began",
            "attribute_exists(parked_for) AND attribute_not_exists(voided_at)",
            Map.of(":unreported", Items.text(Shards.of(UNREPORTED, entry.jobId()))))
        .isPresent();
  }

  private void doubt(LedgerEntry entry) {
    update(
        entry,
        "SET unreported_shard = :shard",
        "attribute_exists(unreported_shard)",
        Map.of(":shard", Items.text(Shards.of(DOUBT, entry.jobId()))));
  }

  /** Makes a job in doubt unreported, because Stripe does not have its report. */
  void reportAgain(LedgerEntry entry) {
    update(
        entry,
        "SET unreported_shard = :shard REMOVE report_began",
        "begins_with(unreported_shard, :doubt)",
        Map.of(
            ":shard", Items.text(Shards.of(UNREPORTED, entry.jobId())),
            ":doubt", Items.text(DOUBT)));
  }

  /**
   * Schedules another report, under a new identifier, of a job whose report Stripe accepted and
   * later rejected.
   */
  boolean resend(LedgerEntry entry) {
    return update(
            entry,
            "SET unreported_shard = :shard, resends = if_not_exists(resends, :none) + :one"
                + " REMOVE reported_at, report_began",
            "reported_at = :reported AND attribute_not_exists(voided_at)",
            Map.of(
                ":shard", Items.text(Shards.of(UNREPORTED, entry.jobId())),
                ":none", Items.number(0),
                ":one", Items.number(1),
                ":reported", Items.text(Json.time(entry.reported()))))
        .isPresent();
  }

  /**
   * Schedules the same report again, of a job that Stripe accepted and did not count. This is safe
   * only within 23 hours of the first try, while Stripe recognizes duplicates.
   *
   * @return whether it will be reported again
   */
  boolean tellAgain(LedgerEntry entry) {
    Instant limit = clock.instant().minus(SAFE);
    return update(
            entry,
            "SET unreported_shard = :shard REMOVE reported_at",
            "reported_at = :reported AND report_began > :limit AND attribute_not_exists(voided_at)",
            Map.of(
                ":shard", Items.text(Shards.of(UNREPORTED, entry.jobId())),
                ":reported", Items.text(Json.time(entry.reported())),
                ":limit", Items.text(Json.time(limit))))
        .isPresent();
  }

  /** Changes an entry and returns it; empty when the condition does not hold. */
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
