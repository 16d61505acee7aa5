package io.outpost.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import io.outpost.audit.AuditTrail;
import io.outpost.aws.Names;
import io.outpost.http.Call;
import io.outpost.job.Job;
import io.outpost.job.JobTransition;
import io.outpost.jobs.DeadLetterReader.Letter;
import io.outpost.kernel.Json;
import io.outpost.kernel.Shards;
import io.outpost.store.Change;
import io.outpost.store.Items;
import io.outpost.store.Transactions;
import io.outpost.usage.QuotaCounter;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Update;

/**
 * Has dead letters run again. Each is a transition of its own, on condition that it is a dead
 * letter: twice is once.
 */
@Component("redrive")
public class Redrive {

  private static final int MOST = 1000;

  private final DeadLetterReader reader;
  private final Transactions transactions;
  private final QuotaCounter quota;
  private final AuditTrail trail;
  private final Names names;

  Redrive(
      DeadLetterReader reader,
      Transactions transactions,
      QuotaCounter quota,
      AuditTrail trail,
      Names names) {
    this.reader = reader;
    this.transactions = transactions;
    this.quota = quota;
    this.trail = trail;
    this.names = names;
  }

  private static final class Moved extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** The dead letters that the request names, or all. */
  public List<Letter> choose(@Body JsonNode body) {
    if (!body.has("job_ids")) {
      return reader.all(MOST);
    }
    Set<String> wanted = new HashSet<>();
    body.get("job_ids").forEach(id -> wanted.add(id.asText()));
    return reader.all(Integer.MAX_VALUE).stream()
        .filter(letter -> wanted.contains(letter.job().jobId()))
        .toList();
  }

  /**
   * Makes one pending again, with all its attempts, and counts it against the quota again; false
   * when it is no dead letter any more.
   */
  public boolean revive(
      @Body Letter dead, @ExchangeProperty(Call.NAME) Call call, Exchange exchange) {
    var pending = pending(dead.job());
    var transition = JobTransition.entry(pending, call.requestId(), Map.of("reason", "redrive"));
    var change = new Change();
    change.update(write(pending), old -> new Moved());
    if (dead.tier().quota().isPresent()) {
      change.update(
          quota.countAgain(pending.tenantId(), dead.billingPeriod()),
          old -> new IllegalStateException("An unconditional write was refused"));
    }
    trail.add(change, transition);
    try {
      transactions.write(change);
    } catch (Moved e) {
      return false;
    }
    exchange.setProperty("job", pending);
    exchange.setProperty("transition", transition);
    return true;
  }

  private Update.Builder write(Job pending) {
    Map<String, AttributeValue> values =
        Map.of(
            ":pending", Items.text(Job.Status.pending.name()),
            ":dead", Items.text(Job.Status.dead_letter.name()),
            ":key", Items.text(Job.statusKey(Job.Status.pending, pending.jobId())),
            ":none", Items.number(0),
            ":shard", Items.text(Shards.of("open", pending.jobId())),
            ":due", Items.text(Json.time(Instant.now())),
            ":reason", Items.text(pending.waitingReason()));
    return Update.builder()
        .tableName(names.table("jobs"))
        .key(Job.key(pending.tenantId(), pending.jobId()))
        .updateExpression(
            "SET #status = :pending, status_job = :key, attempts = :none, open_shard = :shard,"
                + " open_due = :due, waiting_reason = :reason REMOVE completed_at, started_at,"
                + " #error, sweeps")
        .conditionExpression("#status = :dead")
        .expressionAttributeNames(Map.of("#status", "status", "#error", "error"))
        .expressionAttributeValues(values);
  }

  private static Job pending(Job job) {
    return new Job(
        job.jobId(),
        job.tenantId(),
        job.agent(),
        job.command(),
        job.workspace(),
        job.priority(),
        job.timeoutSeconds(),
        Job.Status.pending,
        0,
        job.createdAt(),
        null,
        null,
        null,
        null,
        "queued",
        null,
        null);
  }
}
