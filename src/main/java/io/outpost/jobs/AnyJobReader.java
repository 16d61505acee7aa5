package io.outpost.jobs;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.outpost.aws.Names;
import io.outpost.job.Job;
import io.outpost.job.JobItems;
import io.outpost.job.StoredJob;
import io.outpost.kernel.Cursor;
import io.outpost.kernel.Page;
import io.outpost.kernel.Problem;
import io.outpost.kernel.Shards;
import io.outpost.store.Items;
import io.outpost.tenant.Tier;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.KeysAndAttributes;

/** Reads jobs of any tenant, for operators. Stateless. */
@Component("anyJobReader")
public class AnyJobReader {

  /** The maximum number of index pages that one request reads to find jobs of a status. */
  private static final int MOST_ROUNDS = 5;

  /** A position that sorts after every job id. */
  private static final String NEWEST = "~";

  private static final Comparator<Map<String, AttributeValue>> NEWEST_FIRST =
      Comparator.comparing((Map<String, AttributeValue> key) -> Items.required(key, "job_id").s())
          .reversed();

  private final DynamoDbClient dynamoDb;
  private final JobItems jobs;
  private final Names names;

  AnyJobReader(DynamoDbClient dynamoDb, JobItems jobs, Names names) {
    this.dynamoDb = dynamoDb;
    this.jobs = jobs;
    this.names = names;
  }

  /**
   * A job as operators see it.
   *
   * @param worker the name of the worker that runs the job; null when none does
   */
  public record View(
      @JsonUnwrapped Job job,
      Tier tier,
      String billingPeriod,
      String requestId,
      @Nullable String worker,
      @Nullable Instant leaseUntil) {

    static View of(StoredJob stored) {
      var lease = stored.lease();
      return new View(
          stored.job(),
          stored.details().tier(),
          stored.details().billingPeriod(),
          stored.details().requestId(),
          lease == null ? null : lease.worker(),
          lease == null ? null : lease.until());
    }
  }

  /**
   * A job of any tenant.
   *
   * @throws Problem 404 when there is none
   */
  public View read(@Header("job_id") String jobId) {
    return View.of(jobs.read(item(jobId)));
  }

  Map<String, AttributeValue> item(String jobId) {
    return query(Shards.of(JobItems.ALL, jobId), "job_id = :id", jobId, 1).stream()
        .map(key -> jobs.find(Items.required(key, "tenant_id").s(), jobId))
        .filter(item -> !item.isEmpty())
        .findFirst()
        .orElseThrow(() -> Problem.notFound("job"));
  }

  /**
   * A page of jobs, newest first, optionally only of a status or a tenant, merged from all shards.
   * It may be short, because the number of examined jobs is limited.
   */
  public Page<View> list(
      @Header("status") String status,
      @Header("tenant_id") String tenantId,
      @Header("limit") int limit,
      @Header("cursor") String cursor) {
    var scope = "any-jobs " + status + " " + tenantId;
    var before = cursor == null ? NEWEST : Cursor.open(cursor, scope);
    var found = new ArrayList<StoredJob>();
    for (int round = 0; round < MOST_ROUNDS && before != null && found.size() < limit; round++) {
      var keys = tenantId == null ? keys(before, limit) : keysOf(tenantId, status, before, limit);
      var more = keys.size() > limit;
      var page = keys.subList(0, Math.min(limit, keys.size()));
      before = more ? Items.required(page.getLast(), "job_id").s() : null;
      for (var stored : load(page)) {
        if (status == null || stored.job().status().name().equals(status)) {
          found.add(stored);
        }
      }
    }
    if (found.size() > limit) {
      before = found.get(limit - 1).job().jobId();
      found.subList(limit, found.size()).clear();
    }
    return new Page<>(
        found.stream().map(View::of).toList(), before == null ? null : Cursor.to(before, scope));
  }

  private List<Map<String, AttributeValue>> keys(String before, int limit) {
    return Shards.read(
            Shards.all(JobItems.ALL), shard -> query(shard, "job_id < :id", before, limit + 1))
        .stream()
        .sorted(NEWEST_FIRST)
        .toList();
  }

  private List<Map<String, AttributeValue>> query(
      String shard, String condition, String jobId, int most) {
    return dynamoDb
        .query(
            q ->
                q.tableName(names.table("jobs"))
                    .indexName("all")
                    .keyConditionExpression("all_shard = :shard AND " + condition)
                    .expressionAttributeValues(
                        Map.of(":shard", Items.text(shard), ":id", Items.text(jobId)))
                    .scanIndexForward(false)
                    .limit(most))
        .items();
  }

  private List<Map<String, AttributeValue>> keysOf(
      String tenantId, String status, String before, int limit) {
    var values = new HashMap<String, AttributeValue>();
    values.put(":tenant", Items.text(tenantId));
    values.put(":before", Items.text(status == null ? before : status + "#" + before));
    if (status != null) {
      values.put(":first", Items.text(status + "#"));
    }
    return dynamoDb
        .query(
            q ->
                q.tableName(names.table("jobs"))
                    .indexName(status == null ? null : "by-status")
                    .keyConditionExpression(
                        status == null
                            ? "tenant_id = :tenant AND job_id < :before"
                            : "tenant_id = :tenant AND status_job BETWEEN :first AND :before")
                    .expressionAttributeValues(values)
                    .scanIndexForward(false)
                    .limit(limit + 2))
        .items()
        .stream()
        .filter(item -> !Items.required(item, "job_id").s().equals(before))
        .limit(limit + 1L)
        .toList();
  }

  /** The jobs with these keys, in the order of the keys. */
  private List<StoredJob> load(List<Map<String, AttributeValue>> keys) {
    var found = new HashMap<String, StoredJob>();
    var wanted =
        keys.stream()
            .map(k -> Job.key(Items.required(k, "tenant_id").s(), Items.required(k, "job_id").s()))
            .toList();
    var left = Map.of(names.table("jobs"), attributes(wanted));
    while (!wanted.isEmpty() && !left.isEmpty()) {
      var request = left;
      var read = dynamoDb.batchGetItem(b -> b.requestItems(request));
      read.responses()
          .values()
          .forEach(
              items ->
                  items.forEach(i -> found.put(Items.required(i, "job_id").s(), jobs.read(i))));
      left = read.unprocessedKeys();
    }
    return keys.stream()
        .map(key -> found.get(Items.required(key, "job_id").s()))
        .filter(stored -> stored != null)
        .toList();
  }

  private static KeysAndAttributes attributes(List<Map<String, AttributeValue>> keys) {
    return KeysAndAttributes.builder().keys(keys).build();
  }
}
