package io.outpost.jobs;

import io.outpost.platform.Job;
import io.outpost.platform.JobOutput;
import io.outpost.platform.JobTransition;
import io.outpost.platform.Json;
import io.outpost.platform.Ledger;
import io.outpost.platform.Problem;
import io.outpost.platform.QuotaCounter;
import io.outpost.platform.Tier;
import io.outpost.platform.aws.Announcements;
import io.outpost.platform.aws.Announcements.Announcement;
import io.outpost.platform.aws.Announcements.Kind;
import io.outpost.platform.aws.AuditTrail;
import io.outpost.platform.aws.Change;
import io.outpost.platform.aws.Items;
import io.outpost.platform.aws.Names;
import io.outpost.platform.http.Call;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Header;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Update;

/**
 * Cancels jobs: the job is cancelled from the moment of the transaction, whatever a worker is about
 * to write, for a worker can finish only what is still running under its lease. Stateless.
 */
@Component("cancellation")
public class Cancellation {

  private final JobReader reader;
  private final QuotaCounter quota;
  private final Ledger ledger;
  private final Announcements announcements;
  private final AuditTrail trail;
  private final Items items;
  private final Names names;

  Cancellation(
      JobReader reader,
      QuotaCounter quota,
      Ledger ledger,
      Announcements announcements,
      AuditTrail trail,
      Items items,
      Names names) {
    this.reader = reader;
    this.quota = quota;
    this.ledger = ledger;
    this.announcements = announcements;
    this.trail = trail;
    this.items = items;
    this.names = names;
  }

  /** Thrown out of the transaction when the job has moved on since it was read. */
  public static final class Moved extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /**
   * Adds to the change what ends the job as cancelled. A pending one gives its quota back; one that
   * runs has been used, so it is in the ledger, and its worker is told to stop.
   *
   * @throws Problem 409 when it has ended
   */
  public Job cancel(
      @Header("job_id") String jobId, @ExchangeProperty(Call.NAME) Call call, Exchange exchange) {
    var item = reader.item(jobId, call);
    var job = items.read(item, Job.class);
    if (job.status().isTerminal()) {
      throw new Problem(Problem.Code.CONFLICT, "The job has ended already: " + job.status() + ".");
    }
    var cancelled = cancelled(job);
    var change = Change.of(exchange);
    change.update(write(cancelled, job.status(), item), old -> new Moved());
    if (job.status() == Job.Status.running) {
      change.put(
          ledger.entry(cancelled, item.get("billing_period").s()),
          old -> new IllegalStateException("The job is in the ledger already"));
      announcements.add(change, new Announcement(Kind.cancel, job.tenantId(), job.jobId()));
    } else if (Tier.of(item.get("tier").s()).quota().isPresent()) {
      change.update(
          quota.giveBack(job.tenantId(), item.get("billing_period").s()),
          old -> new IllegalStateException("An unconditional write was refused"));
    }
    var transition =
        JobTransition.entry(cancelled, call.requestId(), Map.of("was", job.status().name()));
    trail.add(change, transition);
    exchange.setProperty("transition", transition);
    return cancelled;
  }

  private Update.Builder write(Job cancelled, Job.Status was, Map<String, AttributeValue> item) {
    var values = new HashMap<String, AttributeValue>();
    values.put(":cancelled", Items.text(cancelled.status().name()));
    values.put(":key", Items.text(Job.statusKey(cancelled.status(), cancelled.jobId())));
    values.put(":completed", Items.text(Json.time(cancelled.completedAt())));
    values.put(":was", Items.text(was.name()));
    var set = "SET #status = :cancelled, status_job = :key, completed_at = :completed";
    var condition = "#status = :was";
    if (was == Job.Status.running) {
      values.put(":output", Items.text(cancelled.outputLocation()));
      values.put(":lease", item.get("lease_id"));
      set += ", output_location = :output";
      condition += " AND lease_id = :lease";
    }
    return Update.builder()
        .tableName(names.table("jobs"))
        .key(Job.key(cancelled.tenantId(), cancelled.jobId()))
        .updateExpression(
            set + " REMOVE open_shard, open_due, waiting_reason, lease_id, lease_until")
        .conditionExpression(condition)
        .expressionAttributeNames(Map.of("#status", "status"))
        .expressionAttributeValues(values);
  }

  private static Job cancelled(Job job) {
    var output =
        job.status() == Job.Status.running ? JobOutput.location(job) : job.outputLocation();
    return new Job(
        job.jobId(),
        job.tenantId(),
        job.agent(),
        job.command(),
        job.workspace(),
        job.priority(),
        job.timeoutSeconds(),
        Job.Status.cancelled,
        job.attempts(),
        job.createdAt(),
        job.startedAt(),
        Instant.now().truncatedTo(ChronoUnit.MILLIS),
        null,
        output,
        null,
        null,
        null);
  }
}
