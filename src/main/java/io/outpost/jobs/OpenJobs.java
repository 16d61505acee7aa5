package io.outpost.jobs;

import io.outpost.aws.Names;
import io.outpost.job.Job;
import io.outpost.job.JobItems;
import io.outpost.job.JobMessage;
import io.outpost.kernel.Json;
import io.outpost.store.Items;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.Body;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;

/**
 * The sweeper of jobs: finds open jobs that have not changed for too long, because their message
 * may be lost, and sends them again. A surplus message is harmless, because claims are conditional.
 * Any number of containers may sweep at once: each takes a job by advancing its due time.
 * Stateless.
 */
@Component("openJobs")
public class OpenJobs {

  private static final int MOST_A_SHARD = 100;
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(15);

  private final DynamoDbClient dynamoDb;
  private final Items items;
  private final Names names;
  private final JobSettings settings;

  OpenJobs(DynamoDbClient dynamoDb, Items items, Names names, JobSettings settings) {
    this.dynamoDb = dynamoDb;
    this.items = items;
    this.names = names;
    this.settings = settings;
  }

  /**
   * A job that is due.
   *
   * @param openDue when it was due
   * @param sweeps how many times it was swept; null: never
   * @param waitingReason why it waits; null: it does not
   */
  public record Due(
      String tenantId,
      String jobId,
      String priority,
      Instant createdAt,
      @Nullable String traceParent,
      String openDue,
      @Nullable Integer sweeps,
      @Nullable String waitingReason) {

    /**
     * Whether sending the job again changes its waiting reason to {@code queued}; that of a retry
     * stays.
     */
    boolean waits() {
      return waitingReason != null && !waitingReason.equals("retry");
    }

    /** Whether the job was sent because its start time has come; then no message was lost. */
    public boolean isScheduled() {
      return Job.SCHEDULED.equals(waitingReason);
    }
  }

  /** The due jobs of all shards, longest overdue first; a limited number. */
  public List<Due> due() {
    var now = Json.time(Instant.now());
    var due = new ArrayList<Due>();
    for (var shard : JobItems.OPEN.shards()) {
      Map<String, AttributeValue> values =
          Map.of(":shard", Items.text(shard), ":now", Items.text(now));
      dynamoDb
          .query(
              q ->
                  q.tableName(names.table("jobs"))
                      .indexName("open")
                      .keyConditionExpression("open_shard = :shard AND open_due < :now")
                      .expressionAttributeValues(values)
                      .limit(MOST_A_SHARD))
          .items()
          .forEach(item -> due.add(items.read(item, Due.class)));
    }
    return due;
  }

  /**
   * Takes a job to send it again, whatever it waited for. False when another container has taken it
   * or its state has changed.
   */
  public boolean take(@Body Due due) {
    var doublings = due.sweeps() == null ? 0 : Math.min(due.sweeps(), 5);
    var pause = settings.resendAfter().multipliedBy(1L << doublings);
    var next = Instant.now().plus(pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE);
    var values = new HashMap<String, AttributeValue>();
    var set = "SET open_due = :next, waiting_lane = :lane, waiting_turn = :turn";
    if (due.waits()) {
      set += ", waiting_reason = :queued";
      values.put(":queued", Items.text(JobItems.QUEUED));
    }
    var update = set + " REMOVE waits_for ADD sweeps :one";
    var turn = JobItems.turn(due.tenantId(), due.jobId(), due.priority());
    values.put(":next", Items.text(Json.time(next)));
    values.put(":due", Items.text(due.openDue()));
    values.put(":one", Items.number(1));
    values.put(":lane", turn.get("waiting_lane"));
    values.put(":turn", turn.get("waiting_turn"));
    try {
      dynamoDb.updateItem(
          u ->
              u.tableName(names.table("jobs"))
                  .key(Job.key(due.tenantId(), due.jobId()))
                  .updateExpression(update)
                  .conditionExpression("open_due = :due")
                  .expressionAttributeValues(values));
      return true;
    } catch (ConditionalCheckFailedException e) {
      return false;
    }
  }

  /** The queue message of the job. */
  public JobMessage message(@Body Due due) {
    return new JobMessage(due.tenantId(), due.jobId(), due.priority(), due.traceParent(), 0);
  }
}
