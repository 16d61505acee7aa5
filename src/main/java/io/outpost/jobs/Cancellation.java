package io.outpost.jobs;

import io.outpost.audit.AuditTrail;
import io.outpost.aws.Names;
import io.outpost.http.Call;
import io.outpost.job.Job;
import io.outpost.job.JobOutput;
import io.outpost.job.JobTransition;
import io.outpost.kernel.Json;
import io.outpost.kernel.Problem;
import io.outpost.store.Change;
import io.outpost.store.ChangeFeed;
import io.outpost.store.ChangeFeed.Announcement;
import io.outpost.store.ChangeFeed.Kind;
import io.outpost.store.Items;
import io.outpost.tenant.Tier;
import io.outpost.usage.Ledger;
import io.outpost.usage.QuotaCounter;
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
  private final ChangeFeed changeFeed;
  private final AuditTrail trail;
  private final Items items;
  private final Names names;

  Cancellation(
      JobReader reader,
      QuotaCounter quota,
      Ledger ledger,
      ChangeFeed changeFeed,
      AuditTrail trail,
      Items items,
      Names names) {
    this.reader = reader;
    this.quota = quota;
    this.ledger = ledger;
    this.changeFeed = changeFeed;
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
      changeFeed.add(change, new Announcement(Kind.cancel, job.tenantId(), job.jobId()));
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
