package io.outpost.worker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.aws.Names;
import io.outpost.aws.Queues;
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

/**
 * Sends the message of a job that cannot run now again, so that waiting counts as no delivery.
 * Stateless.
 */
@Profile({"worker", "local"})
@Component("jobRequeuer")
public class JobRequeuer {

  private static final int LONGEST_DELAY = 900;
  private static final int MOST_DOUBLINGS = 5;

  private final DynamoDbClient dynamoDb;
  private final Queues queues;
  private final Names names;
  private final ObjectMapper mapper;
  private final WorkerSettings settings;

  JobRequeuer(
      DynamoDbClient dynamoDb,
      Queues queues,
      Names names,
      ObjectMapper mapper,
      WorkerSettings settings) {
    this.dynamoDb = dynamoDb;
    this.queues = queues;
    this.names = names;
    this.mapper = mapper;
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

  /** After a hold: later each time. */
  public void sendLater(@ExchangeProperty("message") JobMessage message)
      throws JsonProcessingException {
    send(message, message.holds() + 1, delay(message));
  }

  private int delay(JobMessage message) {
    var doublings = Math.min(message.holds(), MOST_DOUBLINGS);
    return (int) Math.min(settings.holdFor().toSeconds() << doublings, LONGEST_DELAY);
  }

  /** After a fault of the platform: later with each attempt. */
  public void retryLater(
      @ExchangeProperty("message") JobMessage message, @ExchangeProperty("run") Run run)
      throws JsonProcessingException {
    var delay = settings.retryAfter().toSeconds() << (2 * (run.job().attempts() - 1));
    send(message, 0, (int) Math.min(delay, LONGEST_DELAY));
  }

  /** For another worker, at once. */
  public void sendNow(@ExchangeProperty("message") JobMessage message)
      throws JsonProcessingException {
    send(message, 0, 0);
  }

  /** Whether the job has had all its attempts. */
  public boolean isLastAttempt(@ExchangeProperty("run") Run run) {
    return run.job().attempts() >= settings.attempts();
  }

  private void send(JobMessage message, int holds, int delaySeconds)
      throws JsonProcessingException {
    var again =
        new JobMessage(
            message.tenantId(), message.jobId(), message.priority(), message.traceParent(), holds);
    queues.send(
        "jobs-" + message.priority(),
        mapper.writeValueAsString(again),
        message.tenantId(),
        Map.of(),
        delaySeconds);
  }
}
