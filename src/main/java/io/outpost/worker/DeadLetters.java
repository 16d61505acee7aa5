package io.outpost.worker;

import io.outpost.audit.AuditTrail;
import io.outpost.aws.Names;
import io.outpost.job.Job;
import io.outpost.job.JobMessage;
import io.outpost.job.JobTransition;
import io.outpost.store.Change;
import io.outpost.store.Items;
import io.outpost.store.Transactions;
import io.outpost.usage.QuotaCounter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Update;

/** Ends jobs that the platform could not run, or may not run any more. Stateless. */
@Profile({"worker", "local"})
@Component("deadLetters")
public class DeadLetters {

  private final DynamoDbClient dynamoDb;
  private final Transactions transactions;
  private final JobWrites writes;
  private final QuotaCounter quota;
  private final AuditTrail trail;
  private final Items items;
  private final Names names;
  private final WorkerSettings settings;

  DeadLetters(
      DynamoDbClient dynamoDb,
      Transactions transactions,
      JobWrites writes,
      QuotaCounter quota,
      AuditTrail trail,
      Items items,
      Names names,
      WorkerSettings settings) {
    this.dynamoDb = dynamoDb;
    this.transactions = transactions;
    this.writes = writes;
    this.quota = quota;
    this.trail = trail;
    this.items = items;
    this.names = names;
    this.settings = settings;
  }

  private static final class Moved extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** What a message that SQS gave up on means: {@code exhausted}, {@code again} or {@code drop}. */
  public String judge(@ExchangeProperty("message") JobMessage message, Exchange exchange) {
    var found = load(message.tenantId(), message.jobId());
    if (found.isEmpty()) {
      return "drop";
    }
    var job = items.read(found, Job.class);
    exchange.setProperty("job", job);
    if (job.status() != Job.Status.pending) {
      return "drop";
    }
    return job.attempts() >= settings.attempts() ? "exhausted" : "again";
  }

  /** The message as it came; a job buried on its last attempt has its identity instead. */
  public String raw(@ExchangeProperty("rawMessage") String raw, @ExchangeProperty("job") Job job) {
    return raw == null
        ? "{\"tenant_id\":\"%s\",\"job_id\":\"%s\"}".formatted(job.tenantId(), job.jobId())
        : raw;
  }

  /** What operators are told. */
  public String notice(@ExchangeProperty("job") Job job) {
    return "Job %s of tenant %s could not be run in %d attempts. POST /admin/dead-letters/redrive runs it again."
        .formatted(job.jobId(), job.tenantId(), job.attempts());
  }

  /**
   * Makes the job a dead letter and gives its quota back; nothing happens when it ended, runs or
   * was given new attempts meanwhile.
   */
  public void bury(@ExchangeProperty("job") Job job, Exchange exchange) {
    end(job, Job.Status.dead_letter, exchange);
  }

  /**
   * Cancels a job whose tenant was deleted before it ran and gives its quota back; nothing happens
   * when it ended or runs meanwhile.
   */
  public void withdraw(@ExchangeProperty("job") Job job, Exchange exchange) {
    end(job, Job.Status.cancelled, exchange);
  }

  private void end(Job job, Job.Status status, Exchange exchange) {
    var found = load(job.tenantId(), job.jobId());
    if (found.isEmpty()) {
      return;
    }
    var details = items.read(found, Run.Details.class);
    var now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    var ended = ended(items.read(found, Job.class), status, now);
    var transition = JobTransition.entry(ended, details.requestId(), why(ended));
    var change = new Change();
    change.update(write(ended, now), old -> new Moved());
    if (details.tier().quota().isPresent()) {
      change.update(
          quota.giveBack(ended.tenantId(), details.billingPeriod()),
          old -> new IllegalStateException("An unconditional write was refused"));
    }
    trail.add(change, transition);
    try {
      transactions.write(change);
      exchange.setProperty("job", ended);
      exchange.setProperty("transition", transition);
    } catch (Moved e) {
      exchange.removeProperty("transition");
    }
  }

  private Update.Builder write(Job ended, Instant now) {
    return ended.status() == Job.Status.dead_letter
        ? writes.deadLetter(ended, now, settings.attempts())
        : writes.withdraw(ended, now);
  }

  private static Map<String, String> why(Job ended) {
    return ended.status() == Job.Status.dead_letter
        ? Map.of("attempts", Integer.toString(ended.attempts()))
        : Map.of("reason", "tenant-deleted");
  }

  private Map<String, AttributeValue> load(String tenantId, String jobId) {
    return dynamoDb
        .getItem(
            g ->
                g.tableName(names.table("jobs")).key(Job.key(tenantId, jobId)).consistentRead(true))
        .item();
  }

  private static Job ended(Job job, Job.Status status, Instant now) {
    var fault =
        new Job.Fault(
            "platform-failed",
            "The platform could not run the job in %d attempts.".formatted(job.attempts()));
    return new Job(
        job.jobId(),
        job.tenantId(),
        job.agent(),
        job.command(),
        job.workspace(),
        job.priority(),
        job.timeoutSeconds(),
        status,
        job.attempts(),
        job.createdAt(),
        job.startedAt(),
        now,
        null,
        job.outputLocation(),
        null,
        null,
        status == Job.Status.dead_letter ? fault : null);
  }
}
