package io.outpost.job;

import io.outpost.aws.Names;
import io.outpost.kernel.Json;
import io.outpost.kernel.Shards;
import io.outpost.store.DueIndex;
import io.outpost.store.Items;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Put;
import software.amazon.awssdk.services.dynamodb.model.Update;

/**
 * Jobs as items of the table: the job's fields, its details, its lease, and the keys of the indexes
 * that follow from them. Thread-safe.
 */
@Component
public class JobItems {

  /** Jobs that have not ended, by when the sweeper should look at them. */
  public static final DueIndex OPEN = new DueIndex("open");

  /** Dead letters, by when they became that. */
  public static final DueIndex DEAD = new DueIndex("dead");

  /** Shards of the index all: every job there is, by its id. */
  public static final String ALL = "all";

  /** The index of jobs that any worker may take, by priority, tenant and age. */
  public static final List<String> TURN = List.of("waiting_lane", "waiting_turn");

  private static final String QUEUED = "queued";
  private static final String HELD = "#status = :if_running AND lease_id = :if_lease";
  private static final String FREE =
      "(#status = :if_pending OR (#status = :if_running AND lease_until < :if_now))";

  private final DynamoDbClient dynamoDb;
  private final Items items;
  private final Names names;

  JobItems(DynamoDbClient dynamoDb, Items items, Names names) {
    this.dynamoDb = dynamoDb;
    this.items = items;
    this.names = names;
  }

  /** A job from its item. */
  public StoredJob read(Map<String, AttributeValue> item) {
    var lease =
        item.containsKey("lease_id")
            ? new JobLease(item.get("lease_id").s(), Instant.parse(item.get("lease_until").s()))
            : null;
    return new StoredJob(items.read(item, Job.class), items.read(item, JobDetails.class), lease);
  }

  /** The item of a job as it is now; empty when there is none. */
  public Map<String, AttributeValue> find(String tenantId, String jobId) {
    return dynamoDb
        .getItem(
            g ->
                g.tableName(names.table("jobs")).key(Job.key(tenantId, jobId)).consistentRead(true))
        .item();
  }

  Put.Builder put(JobTransition.Submitted submitted) {
    var item = items.write(submitted.job());
    item.putAll(items.write(submitted.details()));
    item.putAll(indexes(submitted.job(), submitted.due()));
    item.put("all_shard", Items.text(Shards.of(ALL, submitted.job().jobId())));
    return Put.builder()
        .tableName(names.table("jobs"))
        .item(item)
        .conditionExpression("attribute_not_exists(job_id)");
  }

  Update.Builder update(JobTransition transition) {
    return switch (transition) {
      case JobTransition.Submitted t -> throw new IllegalArgumentException("A new job is put");
      case JobTransition.Claimed t -> claim(t);
      case JobTransition.Renewed t ->
          write(t.job(), t.job(), null).lease(t.lease()).onlyIf(HELD).ifHeld(t.lease()).build();
      case JobTransition.Finished t ->
          write(t.from().job(), t.job(), null).onlyIf(HELD).ifHeld(t.from().lease()).build();
      case JobTransition.Released t ->
          write(t.from().job(), t.job(), t.due()).onlyIf(HELD).ifHeld(t.from().lease()).build();
      case JobTransition.Retried t ->
          write(t.from().job(), t.job(), t.due()).onlyIf(HELD).ifHeld(t.from().lease()).build();
      case JobTransition.DeadLettered t ->
          write(t.from().job(), t.job(), t.at())
              .onlyIf("attempts >= :if_attempts AND " + FREE)
              .ifFree(t.at())
              .value(":if_attempts", Items.number(t.attempts()))
              .build();
      case JobTransition.Cancelled t -> cancel(t);
      case JobTransition.Redriven t ->
          write(t.from().job(), t.job(), t.due())
              .remove("sweeps")
              .onlyIf("#status = :if_dead")
              .value(":if_dead", Items.text(Job.Status.dead_letter.name()))
              .build();
    };
  }

  /** The attributes that put a job into the index of jobs that any worker may take. */
  public static Map<String, AttributeValue> turn(String tenantId, String jobId, String priority) {
    return Map.of(
        TURN.getFirst(), Items.text(priority), TURN.getLast(), Items.text(tenantId + "#" + jobId));
  }

  /** A page of the jobs of a priority that any worker may take, by tenant and age. */
  public List<StoredJob> waiting(String priority, String afterTenant, int most) {
    var after = afterTenant == null ? "" : afterTenant + "#~";
    Map<String, AttributeValue> values =
        Map.of(":lane", Items.text(priority), ":after", Items.text(after.isEmpty() ? "!" : after));
    return dynamoDb
        .query(
            q ->
                q.tableName(names.table("jobs"))
                    .indexName("waiting")
                    .keyConditionExpression("waiting_lane = :lane AND waiting_turn > :after")
                    .expressionAttributeValues(values)
                    .limit(most))
        .items()
        .stream()
        .map(this::read)
        .toList();
  }

  /** A job that no worker runs waits for something: it has no turn until it is woken. */
  Update.Builder park(Job job, String reason, String entry, Instant due) {
    var values = new HashMap<String, AttributeValue>();
    values.put(":entry", Items.text(entry));
    values.put(":due", Items.text(Json.time(due)));
    values.put(":if_pending", Items.text(Job.Status.pending.name()));
    values.put(":if_running", Items.text(Job.Status.running.name()));
    values.put(":if_now", Items.text(Json.time(Instant.now())));
    var set = "SET waits_for = :entry, open_due = :due";
    if (job.status() == Job.Status.pending) {
      values.put(":reason", Items.text(reason));
      set += ", waiting_reason = :reason";
    }
    return Update.builder()
        .tableName(names.table("jobs"))
        .key(Job.key(job.tenantId(), job.jobId()))
        .updateExpression(set + " REMOVE waiting_lane, waiting_turn")
        .conditionExpression(FREE)
        .expressionAttributeNames(Map.of("#status", "status"))
        .expressionAttributeValues(values);
  }

  /** A job that waits by an entry has its turn again. */
  Update.Builder wake(JobMessage job, AttributeValue entry, Instant due) {
    var values = new HashMap<String, AttributeValue>();
    var set = new StringBuilder("SET open_due = :due, waiting_reason = :queued");
    turn(job.tenantId(), job.jobId(), job.priority())
        .forEach(
            (name, value) -> {
              set.append(", ").append(name).append(" = :").append(name);
              values.put(":" + name, value);
            });
    values.put(":queued", Items.text(QUEUED));
    values.put(":entry", entry);
    values.put(":due", Items.text(Json.time(due)));
    return Update.builder()
        .tableName(names.table("jobs"))
        .key(Job.key(job.tenantId(), job.jobId()))
        .updateExpression(set + " REMOVE waits_for")
        .conditionExpression("waits_for = :entry")
        .expressionAttributeValues(values);
  }

  private JobUpdate write(Job before, Job after, Instant due) {
    return new JobUpdate(items, names.table("jobs"), before, after, due);
  }

  private Update.Builder claim(JobTransition.Claimed t) {
    return write(t.from().job(), t.job(), null)
        .lease(t.lease())
        .onlyIf("attempts = :if_attempts AND " + FREE)
        .ifFree(t.at())
        .value(":if_attempts", Items.number(t.from().job().attempts()))
        .build();
  }

  private Update.Builder cancel(JobTransition.Cancelled t) {
    var write = write(t.from().job(), t.job(), null);
    if (t.used()) {
      return write.onlyIf(HELD).ifHeld(t.from().lease()).build();
    }
    return t.reason() == null
        ? write
            .onlyIf("#status = :if_pending")
            .value(":if_pending", Items.text(Job.Status.pending.name()))
            .build()
        : write.onlyIf(FREE).ifFree(t.at()).build();
  }

  /** What follows from the job's state: where lists and sweepers find it. */
  static Map<String, AttributeValue> indexes(Job job, Instant due) {
    var keys = new HashMap<String, AttributeValue>();
    keys.put("status_job", Items.text(Job.statusKey(job.status(), job.jobId())));
    if (!job.status().isTerminal()) {
      keys.putAll(OPEN.keys(job.jobId(), due));
      if (QUEUED.equals(job.waitingReason())) {
        keys.putAll(turn(job.tenantId(), job.jobId(), job.priority()));
      }
    } else if (job.status() == Job.Status.dead_letter) {
      keys.putAll(DEAD.keys(job.jobId(), due));
    }
    return keys;
  }
}
