package io.outpost.worker;

import io.outpost.aws.Names;
import io.outpost.job.Job;
import io.outpost.kernel.Json;
import io.outpost.kernel.Shards;
import io.outpost.store.Items;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Update;

/** The conditional writes of a job's item: each names the state that it needs. Thread-safe. */
@Profile({"worker", "local"})
@Component
class JobWrites {

  private static final Map<String, String> STATUS = Map.of("#status", "status", "#error", "error");
  private static final String MINE = "#status = :running AND lease_id = :mine";

  private final Items items;
  private final Names names;

  JobWrites(Items items, Names names) {
    this.items = items;
    this.names = names;
  }

  /** pending, or running under a lease that ended → running under ours. */
  Update.Builder claim(Job running, String leaseId, Instant until) {
    var values = values(running, leaseId);
    values.put(":pending", Items.text(Job.Status.pending.name()));
    values.put(":now", Items.text(Json.time(running.startedAt())));
    values.put(":until", Items.text(Json.time(until)));
    values.put(":attempts", Items.number(running.attempts()));
    values.put(":before", Items.number(running.attempts() - 1));
    return update(running)
        .updateExpression(
            "SET #status = :running, status_job = :key, attempts = :attempts, started_at = :now,"
                + " lease_id = :mine, lease_until = :until, open_due = :until REMOVE"
                + " waiting_reason, #error")
        .conditionExpression(
            "attempts = :before AND (#status = :pending OR (#status = :running AND lease_until <"
                + " :now))")
        .expressionAttributeValues(values);
  }

  /** Our lease, longer. */
  Update.Builder keep(Run run, Instant until) {
    var values = mine(run);
    values.put(":until", Items.text(Json.time(until)));
    return update(run.job())
        .expressionAttributeNames(Map.of("#status", "status"))
        .updateExpression("SET lease_until = :until, open_due = :until")
        .conditionExpression(MINE)
        .expressionAttributeValues(values);
  }

  /** running under our lease → ended. */
  Update.Builder finish(Run run, Job ended) {
    var values = mine(run);
    values.put(":status", Items.text(ended.status().name()));
    values.put(":key", Items.text(Job.statusKey(ended.status(), ended.jobId())));
    values.put(":completed", Items.text(Json.time(ended.completedAt())));
    values.put(
        ":exit",
        ended.exitCode() == null ? AttributeValue.fromNul(true) : Items.number(ended.exitCode()));
    values.put(":output", Items.text(ended.outputLocation()));
    values.put(
        ":error",
        ended.error() == null
            ? AttributeValue.fromNul(true)
            : AttributeValue.fromM(items.write(ended.error())));
    return update(ended)
        .updateExpression(
            "SET #status = :status, status_job = :key, completed_at = :completed, exit_code ="
                + " :exit, output_location = :output, #error = :error REMOVE open_shard, open_due,"
                + " lease_id, lease_until")
        .conditionExpression(MINE)
        .expressionAttributeValues(values);
  }

  /**
   * running under our lease → pending again; the attempt counts when the platform failed, not when
   * we hand it back.
   */
  Update.Builder giveBack(Run run, Job pending, Instant due) {
    var values = mine(run);
    values.put(":status", Items.text(Job.Status.pending.name()));
    values.put(":key", Items.text(Job.statusKey(Job.Status.pending, pending.jobId())));
    values.put(":attempts", Items.number(pending.attempts()));
    values.put(":reason", Items.text(pending.waitingReason()));
    values.put(":due", Items.text(Json.time(due)));
    return update(pending)
        .expressionAttributeNames(Map.of("#status", "status"))
        .updateExpression(
            "SET #status = :status, status_job = :key, attempts = :attempts, waiting_reason ="
                + " :reason, open_due = :due REMOVE lease_id, lease_until")
        .conditionExpression(MINE)
        .expressionAttributeValues(values);
  }

  /** A job that has had its attempts, has not ended and is held by nobody → dead letter. */
  Update.Builder deadLetter(Job dead, Instant now, int attempts) {
    var values = new HashMap<String, AttributeValue>();
    values.put(":status", Items.text(dead.status().name()));
    values.put(":key", Items.text(Job.statusKey(dead.status(), dead.jobId())));
    values.put(":completed", Items.text(Json.time(dead.completedAt())));
    values.put(":error", AttributeValue.fromM(items.write(dead.error())));
    values.put(":shard", Items.text(Shards.of("dead", dead.jobId())));
    values.put(":pending", Items.text(Job.Status.pending.name()));
    values.put(":running", Items.text(Job.Status.running.name()));
    values.put(":now", Items.text(Json.time(now)));
    values.put(":most", Items.number(attempts));
    return update(dead)
        .updateExpression(
            "SET #status = :status, status_job = :key, completed_at = :completed, #error = :error,"
                + " open_shard = :shard, open_due = :completed REMOVE lease_id, lease_until,"
                + " waiting_reason")
        .conditionExpression(
            "attempts >= :most AND (#status = :pending OR (#status = :running AND lease_until <"
                + " :now))")
        .expressionAttributeValues(values);
  }

  /** A job that has not ended and is held by nobody → cancelled. */
  Update.Builder withdraw(Job cancelled, Instant now) {
    return update(cancelled)
        .expressionAttributeNames(Map.of("#status", "status"))
        .updateExpression(
            "SET #status = :status, status_job = :key, completed_at = :completed REMOVE open_shard,"
                + " open_due, lease_id, lease_until, waiting_reason")
        .conditionExpression("#status = :pending OR (#status = :running AND lease_until < :now)")
        .expressionAttributeValues(
            Map.of(
                ":status", Items.text(cancelled.status().name()),
                ":key", Items.text(Job.statusKey(cancelled.status(), cancelled.jobId())),
                ":completed", Items.text(Json.time(cancelled.completedAt())),
                ":pending", Items.text(Job.Status.pending.name()),
                ":running", Items.text(Job.Status.running.name()),
                ":now", Items.text(Json.time(now))));
  }

  private Update.Builder update(Job job) {
    return Update.builder()
        .tableName(names.table("jobs"))
        .key(Job.key(job.tenantId(), job.jobId()))
        .expressionAttributeNames(STATUS);
  }

  private static Map<String, AttributeValue> values(Job running, String leaseId) {
    var values = new HashMap<String, AttributeValue>();
    values.put(":running", Items.text(Job.Status.running.name()));
    values.put(":key", Items.text(Job.statusKey(Job.Status.running, running.jobId())));
    values.put(":mine", Items.text(leaseId));
    return values;
  }

  private static Map<String, AttributeValue> mine(Run run) {
    var values = new HashMap<String, AttributeValue>();
    values.put(":running", Items.text(Job.Status.running.name()));
    values.put(":mine", Items.text(run.leaseId()));
    return values;
  }
}
