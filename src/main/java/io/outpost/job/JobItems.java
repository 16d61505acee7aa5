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
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Put;
import software.amazon.awssdk.services.dynamodb.model.Update;

/**
 * Converts jobs to items of the table and back: the job's fields, its details, its lease, and the
 * keys of the indexes. Thread-safe.
 */
@Component
public class JobItems {

  /** Open jobs, by the time at which the sweeper should check them. */
  public static final DueIndex OPEN = new DueIndex("open");

  /** Dead letters, by the time at which they became dead letters. */
  public static final DueIndex DEAD = new DueIndex("dead");

  /** The prefix of the shards of the index {@code all}, which contains every job by its id. */
  public static final String ALL = "all";

  /** The attributes of the index of jobs that any worker may take: by priority, tenant and age. */
  public static final List<String> TURN = List.of("waiting_lane", "waiting_turn");

  /** The waiting reason of a job that any worker may take. */
  public static final String QUEUED = "queued";

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
            ? new JobLease(
                item.get("lease_id").s(), Instant.parse(Items.required(item, "lease_until").s()))
            : null;
    var timeline = item.get(JobMoment.ATTRIBUTE);
    return new StoredJob(
        items.read(item, Job.class),
        items.read(item, JobDetails.class),
        lease,
        timeline == null ? 0 : timeline.l().size());
  }

  /** The current item of a job; empty when it does not exist. */
  public Map<String, AttributeValue> find(String tenantId, String jobId) {
    return dynamoDb
        .getItem(
            g ->
                g.tableName(names.table("jobs")).key(Job.key(tenantId, jobId)).consistentRead(true))
        .item();
  }

  /** The push that an earlier attempt recorded, if any. */
  public Optional<PushBegun> pushBegun(String tenantId, String jobId) {
    return Optional.ofNullable(find(tenantId, jobId).get(PushBegun.ATTRIBUTE))
        .map(kept -> items.read(kept.m(), PushBegun.class));
  }

  Put.Builder put(JobTransition.Submitted submitted) {
    var item = items.write(submitted.job());
    item.putAll(items.write(submitted.details()));
    item.putAll(indexes(submitted.job(), submitted.due()));
    item.put(
        JobMoment.ATTRIBUTE,
        AttributeValue.fromL(
            List.of(
                moment(JobMoment.of(submitted.job().createdAt(), "submitted")),
                moment(JobMoment.of(submitted.job().createdAt(), "queued")))));
    item.put("all_shard", Items.text(Shards.of(ALL, submitted.job().jobId())));
    return Put.builder()
        .tableName(names.table("jobs"))
        .item(item)
        .conditionExpression("attribute_not_exists(job_id)");
  }

  /**
   * The write of a transition.
   *
   * @param entry the id of the transition's audit entry; null: it has none
   */
  Update.Builder update(JobTransition transition, @Nullable String entry) {
    return switch (transition) {
      case JobTransition.Submitted t -> throw new IllegalArgumentException("A new job is put");
      case JobTransition.Claimed t -> claim(t, entry);
      case JobTransition.Renewed t -> renew(t).onlyIf(HELD).ifHeld(t.lease()).build();
      case JobTransition.Finished t ->
          finish(t, entry).onlyIf(HELD).ifHeld(t.from().running()).build();
      case JobTransition.Released t ->
          write(t.from(), t, t.due(), entry).onlyIf(HELD).ifHeld(t.from().running()).build();
      case JobTransition.Retried t ->
          write(t.from(), t, t.due(), entry).onlyIf(HELD).ifHeld(t.from().running()).build();
      case JobTransition.DeadLettered t ->
          write(t.from(), t, t.at(), entry)
              .onlyIf("attempts >= :if_attempts AND " + FREE)
              .ifFree(t.at())
              .value(":if_attempts", Items.number(t.attempts()))
              .build();
      case JobTransition.Cancelled t -> cancel(t, entry);
      case JobTransition.Redriven t ->
          write(t.from(), t, t.due(), entry)
              .remove("sweeps")
              .onlyIf("#status = :if_dead")
              .value(":if_dead", Items.text(Job.Status.dead_letter.name()))
              .build();
    };
  }

  /** The attributes that put a job into the index of jobs that any worker may take. */
  public static Map<String, AttributeValue> turn(String tenantId, String jobId, String priority) {
    return Map.of(
        TURN.getFirst(), Items.text(priority), TURN.getLast(), Items.text(turn(tenantId, jobId)));
  }

  static String turn(String tenantId, String jobId) {
    return tenantId + "#" + jobId;
  }

  /**
   * A page of the jobs of a priority that any worker may take, by tenant and age, after a turn.
   *
   * @param ofTenant only this tenant's jobs; null: of all tenants
   */
  public List<StoredJob> waiting(
      String priority, String afterTurn, @Nullable String ofTenant, int most) {
    // This character sorts directly after the turn, so no other turn lies between them.
    var after = afterTurn + "!";
    var first = ofTenant == null || after.compareTo(ofTenant) > 0 ? after : ofTenant;
    var last = ofTenant == null ? "~" : ofTenant + "#~";
    if (first.compareTo(last) > 0) {
      return List.of();
    }
    Map<String, AttributeValue> values =
        Map.of(
            ":lane", Items.text(priority), ":first", Items.text(first), ":last", Items.text(last));
    return dynamoDb
        .query(
            q ->
                q.tableName(names.table("jobs"))
                    .indexName("waiting")
                    .keyConditionExpression(
                        "waiting_lane = :lane AND waiting_turn BETWEEN :first AND :last")
                    .expressionAttributeValues(values)
                    .limit(most))
        .items()
        .stream()
        .map(this::read)
        .toList();
  }

  /**
   * Parks a job that no worker runs. It leaves the index of jobs that any worker may take, until it
   * is woken.
   */
  Update.Builder park(StoredJob stored, String reason, String entry, Instant due) {
    var job = stored.job();
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
    if (stored.hasRoom()) {
      set += ", timeline = list_append(if_not_exists(timeline, :empty), :moment)";
      values.put(":empty", AttributeValue.fromL(List.of()));
      values.put(
          ":moment", AttributeValue.fromL(List.of(moment(JobMoment.held(Instant.now(), reason)))));
    }
    return Update.builder()
        .tableName(names.table("jobs"))
        .key(Job.key(job.tenantId(), job.jobId()))
        .updateExpression(set + " REMOVE waiting_lane, waiting_turn")
        .conditionExpression(FREE + " AND attribute_not_exists(waits_for)")
        .expressionAttributeNames(Map.of("#status", "status"))
        .expressionAttributeValues(values);
  }

  /** Puts a parked job back into the index of jobs that any worker may take. */
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

  private JobUpdate write(Job before, Job after, @Nullable Instant due) {
    return new JobUpdate(items, names.table("jobs"), before, after, due);
  }

  /**
   * Writes a job's next state and its timeline event. When the timeline is full, only the job's end
   * is still recorded.
   */
  private JobUpdate write(
      StoredJob from, JobTransition t, @Nullable Instant due, @Nullable String entry) {
    var write = write(from.job(), t.job(), due);
    var moment = JobMoment.of(t, Instant.now()).withAuditEntry(entry);
    return from.hasRoom() || t.job().status().isTerminal()
        ? write.append(JobMoment.ATTRIBUTE, moment(moment))
        : write;
  }

  private JobUpdate renew(JobTransition.Renewed t) {
    var write = write(t.job(), t.job(), null).lease(t.lease());
    return t.push() == null
        ? write
        : write.set(PushBegun.ATTRIBUTE, AttributeValue.fromM(items.write(t.push())));
  }

  private JobUpdate finish(JobTransition.Finished t, @Nullable String entry) {
    var write = write(t.from(), t, null, entry);
    return t.evidence() == null
        ? write
        : write.set(RunEvidence.ATTRIBUTE, AttributeValue.fromM(items.write(t.evidence())));
  }

  private AttributeValue moment(JobMoment moment) {
    return AttributeValue.fromM(items.write(moment));
  }

  private Update.Builder claim(JobTransition.Claimed t, @Nullable String entry) {
    return write(t.from(), t, null, entry)
        .lease(t.lease())
        .onlyIf("attempts = :if_attempts AND " + FREE)
        .ifFree(t.at())
        .value(":if_attempts", Items.number(t.from().job().attempts()))
        .build();
  }

  private Update.Builder cancel(JobTransition.Cancelled t, @Nullable String entry) {
    var write = write(t.from(), t, null, entry);
    if (t.used()) {
      return write.onlyIf(HELD).ifHeld(t.from().running()).build();
    }
    return t.reason() == null
        ? write
            .onlyIf("#status = :if_pending")
            .value(":if_pending", Items.text(Job.Status.pending.name()))
            .build()
        : write.onlyIf(FREE).ifFree(t.at()).build();
  }

  /** The index attributes of the job's state, for lists and sweepers. */
  static Map<String, AttributeValue> indexes(Job job, @Nullable Instant due) {
    var keys = new HashMap<String, AttributeValue>();
    keys.put("status_job", Items.text(Job.statusKey(job.status(), job.jobId())));
    if (!job.status().isTerminal()) {
      keys.putAll(
          OPEN.keys(
              job.jobId(), Objects.requireNonNull(due, "An open job says when it is looked at")));
      if (QUEUED.equals(job.waitingReason())) {
        keys.putAll(turn(job.tenantId(), job.jobId(), job.priority()));
      }
    } else if (job.status() == Job.Status.dead_letter) {
      keys.putAll(
          DEAD.keys(
              job.jobId(), Objects.requireNonNull(due, "A dead letter says when it became one")));
    }
    return keys;
  }
}
