package io.outpost.worker;

import io.outpost.aws.Names;
import io.outpost.job.Job;
import io.outpost.job.JobMessage;
import io.outpost.kernel.Json;
import io.outpost.store.Items;
import java.time.Instant;
import java.util.Map;
import org.apache.camel.ExchangeProperty;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;

/** How a job that cannot run now waits, so that waiting counts as no delivery. Stateless. */
@Profile({"worker", "local"})
@Component("jobRequeuer")
public class JobRequeuer {

  private static final int LONGEST_DELAY = 900;
  private static final int MOST_DOUBLINGS = 5;

  private final DynamoDbClient dynamoDb;
  private final Names names;
  private final WorkerSettings settings;

  JobRequeuer(DynamoDbClient dynamoDb, Names names, WorkerSettings settings) {
    this.dynamoDb = dynamoDb;
    this.names = names;
    this.settings = settings;
  }

  /**
   * Lets the job say what it waits for, one of its tenant's own, and sweepers that it is not
   * forgotten: else each sweep would add a message to those that are held already.
   */
  public void explain(
      @ExchangeProperty("job") Job job,
      @ExchangeProperty("message") JobMessage message,
      @ExchangeProperty("waitingReason") String reason) {
    var due = Instant.now().plusSeconds(delay(message)).plus(settings.lease());
    try {
      dynamoDb.updateItem(
          u ->
              u.tableName(names.table("jobs"))
                  .key(Job.key(job.tenantId(), job.jobId()))
                  .updateExpression("SET waiting_reason = :reason, open_due = :due")
                  .conditionExpression("#status = :pending")
                  .expressionAttributeNames(Map.of("#status", "status"))
                  .expressionAttributeValues(
                      Map.of(
                          ":reason",
                          Items.text(reason),
                          ":due",
                          Items.text(Json.time(due)),
                          ":pending",
                          Items.text(Job.Status.pending.name()))));
    } catch (ConditionalCheckFailedException e) {
      // It was cancelled meanwhile; its next delivery is dropped.
    }
  }

  /** The message once more: what it says grows with each hold, and so does the delay. */
  public JobMessage heldMessage(@ExchangeProperty("message") JobMessage message) {
    return withHolds(message, message.holds() + 1);
  }

  /** The message as if it had never been held. */
  public JobMessage freshMessage(@ExchangeProperty("message") JobMessage message) {
    return withHolds(message, 0);
  }

  /** Seconds until a held job is looked at again: later each time. */
  public int delay(@ExchangeProperty("message") JobMessage message) {
    var doublings = Math.min(message.holds(), MOST_DOUBLINGS);
    return (int) Math.min(settings.holdFor().toSeconds() << doublings, LONGEST_DELAY);
  }

  /** Seconds until the next attempt after a fault of the platform: later with each. */
  public int retryDelay(@ExchangeProperty("run") Run run) {
    var delay = settings.retryAfter().toSeconds() << (2 * (run.job().attempts() - 1));
    return (int) Math.min(delay, LONGEST_DELAY);
  }

  /** Whether the job has had all its attempts. */
  public boolean isLastAttempt(@ExchangeProperty("run") Run run) {
    return run.job().attempts() >= settings.attempts();
  }

  private static JobMessage withHolds(JobMessage message, int holds) {
    return new JobMessage(
        message.tenantId(), message.jobId(), message.priority(), message.traceParent(), holds);
  }
}
