package io.outpost.worker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.platform.AuditEntry;
import io.outpost.platform.Ids;
import io.outpost.platform.Job;
import io.outpost.platform.JobMessage;
import io.outpost.platform.JobTransition;
import io.outpost.platform.Json;
import io.outpost.platform.aws.AuditTrail;
import io.outpost.platform.aws.Change;
import io.outpost.platform.aws.Items;
import io.outpost.platform.aws.Names;
import io.outpost.platform.aws.Transactions;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * Takes jobs: one conditional transaction, so that of any number of deliveries one runs the job.
 * Thread-safe.
 */
@Profile({"worker", "local"})
@Component("claims")
@EnableConfigurationProperties(WorkerSettings.class)
public class Claims {

  private final DynamoDbClient dynamoDb;
  private final Transactions transactions;
  private final JobWrites writes;
  private final TenantSlots slots;
  private final WorkspaceLeases workspaces;
  private final AuditTrail trail;
  private final Items items;
  private final Names names;
  private final ObjectMapper mapper;
  private final WorkerSettings settings;

  Claims(
      DynamoDbClient dynamoDb,
      Transactions transactions,
      JobWrites writes,
      TenantSlots slots,
      WorkspaceLeases workspaces,
      AuditTrail trail,
      Items items,
      Names names,
      ObjectMapper mapper,
      WorkerSettings settings) {
    this.dynamoDb = dynamoDb;
    this.transactions = transactions;
    this.writes = writes;
    this.slots = slots;
    this.workspaces = workspaces;
    this.trail = trail;
    this.items = items;
    this.names = names;
    this.mapper = mapper;
    this.settings = settings;
  }

  /**
   * What a delivery may do: run the job, wait for a slot of the tenant or for the workspace, end it
   * as a dead letter, or nothing.
   */
  public enum Decision {
    run,
    hold,
    exhausted,
    drop
  }

  private static final class Taken extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private static final class NoSlot extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final transient Map<String, AttributeValue> slots;

    NoSlot(Map<String, AttributeValue> slots) {
      this.slots = slots;
    }
  }

  private static final class WorkspaceBusy extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** Reads the message: which job it brings. */
  public JobMessage read(@Body String message) throws JsonProcessingException {
    return mapper.readValue(message, JobMessage.class);
  }

  /**
   * Decides about a delivery; on {@code run} the property {@code run} holds the run under its
   * lease.
   */
  public Decision claim(@Body JobMessage message, Exchange exchange) {
    var found =
        dynamoDb.getItem(
            g ->
                g.tableName(names.table("jobs"))
                    .key(Job.key(message.tenantId(), message.jobId()))
                    .consistentRead(true));
    if (!found.hasItem()) {
      return Decision.drop;
    }
    var job = items.read(found.item(), Job.class);
    exchange.setProperty("job", job);
    var now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    if (job.status().isTerminal()
        || (job.status() == Job.Status.running && isLeased(found.item(), now))) {
      return Decision.drop;
    }
    if (job.attempts() >= settings.attempts()) {
      return Decision.exhausted;
    }
    var run = new Run(started(job, now), Ids.ulid(), items.read(found.item(), Run.Details.class));
    run.leased(now, settings.lease());
    return take(run, exchange, now);
  }

  private Decision take(Run run, Exchange exchange, Instant now) {
    for (int tries = 0; tries < 3; tries++) {
      try {
        var transition =
            JobTransition.entry(
                run.job(),
                run.details().requestId(),
                Map.of("attempt", Integer.toString(run.job().attempts())));
        transactions.write(change(run, transition));
        exchange.setProperty("run", run);
        exchange.setProperty("job", run.job());
        exchange.setProperty("transition", transition);
        return Decision.run;
      } catch (Taken e) {
        return Decision.drop;
      } catch (NoSlot e) {
        if (!slots.freeExpired(e.slots, now)) {
          break;
        }
      } catch (WorkspaceBusy e) {
        exchange.setProperty("waitingReason", "workspace");
        return Decision.hold;
      }
    }
    exchange.setProperty("waitingReason", "tenant-limit");
    return Decision.hold;
  }

  private Change change(Run run, AuditEntry transition) {
    var change = new Change();
    change.update(writes.claim(run.job(), run.leaseId(), run.leasedUntil()), old -> new Taken());
    change.update(slots.take(run, run.details().tier().slots()), NoSlot::new);
    if (run.job().workspace() != null) {
      change.update(
          workspaces.take(run, Instant.now(), run.leasedUntil()), old -> new WorkspaceBusy());
    }
    trail.add(change, transition);
    return change;
  }

  private static boolean isLeased(Map<String, AttributeValue> item, Instant now) {
    return item.get("lease_until").s().compareTo(Json.time(now)) >= 0;
  }

  private static Job started(Job job, Instant now) {
    return new Job(
        job.jobId(),
        job.tenantId(),
        job.agent(),
        job.command(),
        job.workspace(),
        job.priority(),
        job.timeoutSeconds(),
        Job.Status.running,
        job.attempts() + 1,
        job.createdAt(),
        now,
        null,
        null,
        null,
        null,
        null,
        null);
  }
}
