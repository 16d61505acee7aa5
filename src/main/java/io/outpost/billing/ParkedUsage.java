package io.outpost.billing;

import com.fasterxml.jackson.databind.JsonNode;
import io.outpost.aws.Names;
import io.outpost.kernel.Cursor;
import io.outpost.kernel.Page;
import io.outpost.kernel.Shards;
import io.outpost.store.Items;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.camel.Body;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** The finished jobs whose reports Stripe refuses, for operators. Thread-safe. */
@Component("parkedUsage")
public class ParkedUsage {
  private static final String LIST = "parked-usage";

  private final DynamoDbClient dynamoDb;
  private final Items items;
  private final Names names;
  private final UsageLedger ledger;

  ParkedUsage(DynamoDbClient dynamoDb, Items items, Names names, UsageLedger ledger) {
    this.dynamoDb = dynamoDb;
    this.items = items;
    this.names = names;
    this.ledger = ledger;
  }

  /** A parked job as operators see it. */
  record Parked(
      String tenantId,
      String jobId,
      Instant recordedAt,
      @Nullable Instant parkedAt,
      @Nullable String reason) {
    static Parked of(LedgerEntry entry) {
      return new Parked(
          entry.tenantId(), entry.jobId(), entry.recordedAt(), entry.parkedAt(), entry.parkedFor());
    }
  }

  /** A page of parked jobs, newest first, merged from all shards. */
  public Page<Parked> list(@Header("limit") int limit, @Header("cursor") String cursor) {
    var before = cursor == null ? "~" : Cursor.open(cursor, LIST);
    var found =
        all(before, limit + 1).stream()
            .sorted(Comparator.comparing(LedgerEntry::jobId).reversed())
            .toList();
    var page = found.subList(0, Math.min(limit, found.size()));
    var next = found.size() > limit ? Cursor.to(page.getLast().jobId(), LIST) : null;
    return new Page<>(page.stream().map(Parked::of).toList(), next);
  }

  /**
   * The entries to report again: of the jobs that the request names or, when it names none, all.
   */
  public List<LedgerEntry> chosen(@Body JsonNode request) {
    Set<String> wanted = new HashSet<>();
    request.path("job_ids").forEach(id -> wanted.add(id.asText()));
    return all("~", Integer.MAX_VALUE).stream()
        .filter(e -> wanted.isEmpty() || wanted.contains(e.jobId()))
        .toList();
  }

  private List<LedgerEntry> all(String before, int mostOfShard) {
    return Shards.read(Shards.all(UsageLedger.PARKED), shard -> read(shard, before, mostOfShard));
  }

  /** Makes the entries unreported, so that the next round reports them. */
  public Map<String, Integer> retry(@Body List<LedgerEntry> chosen) {
    return Map.of("retried", (int) chosen.stream().filter(ledger::release).count());
  }

  private List<LedgerEntry> read(String shard, String before, int most) {
    Map<String, AttributeValue> values =
        Map.of(":shard", Items.text(shard), ":before", Items.text(before));
    return dynamoDb
        .queryPaginator(
            q ->
                q.tableName(names.table("usage"))
                    .indexName("unreported")
                    .keyConditionExpression("unreported_shard = :shard AND job_id < :before")
                    .expressionAttributeValues(values)
                    .scanIndexForward(false))
        .items()
        .stream()
        .limit(most)
        .map(item -> items.read(item, LedgerEntry.class))
        .toList();
  }
}
