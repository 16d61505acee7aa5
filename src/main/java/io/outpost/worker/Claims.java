package io.outpost.worker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.audit.AuditEntry;
import io.outpost.audit.AuditTrail;
import io.outpost.job.Job;
import io.outpost.job.JobMessage;
import io.outpost.job.JobTransition;
import io.outpost.kernel.Ids;
import io.outpost.kernel.Json;
import io.outpost.store.Change;
import io.outpost.store.Items;
import io.outpost.store.Transactions;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * Takes jobs: one conditional transaction, so that of any number of deliveries one runs the job.
 * Thread-safe.
 */
@Profile({"worker", "local"})
@Component("claims")
@EnableConfigurationProperties(WorkerSettings.class)
public class Claims {

  private final DueJobs due;
  private final Transactions transactions;
  private final JobWrites writes;
  private final TenantSlots slots;
  private final WorkspaceLeases workspaces;
  private final AuditTrail trail;
  private final Items items;
  private final ObjectMapper mapper;
  private final WorkerSettings settings;

  Claims(
      DueJobs due,
      Transactions transactions,
      JobWrites writes,
      TenantSlots slots,
      WorkspaceLeases workspaces,
      AuditTrail trail,
      Items items,
      ObjectMapper mapper,
      WorkerSettings settings) {
    this.due = due;
    this.transactions = transactions;
    this.writes = writes;
    this.slots = slots;
    this.workspaces = workspaces;
    this.trail = trail;
    this.items = items;
    this.mapper = mapper;
    this.settings = settings;
  }

  /**
   * What a delivery may do: run the job, wait for a slot of the tenant, for the workspace or for
   * the tenant's return, end it as cancelled or as a dead letter, or nothing.
   */
  public enum Decision {
    run,
    hold,
    withdrawn,
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
    var found = due.find(message);
    var item = found.job();
    if (item.isEmpty()) {
      return Decision.drop;
    }
    var job = items.read(item, Job.class);
    exchange.setProperty("job", job);
    var now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    if (job.status().isTerminal() || (job.status() == Job.Status.running && isLeased(item, now))) {
      return Decision.drop;
    }
    if (job.attempts() >= settings.attempts()) {
      return Decision.exhausted;
    }
    return switch (found.standing()) {
      case deleted -> Decision.withdrawn;
      case suspended -> {
        exchange.setProperty("waitingReason", "tenant-suspended");
        yield Decision.hold;
      }
      default -> take(job, items.read(item, Run.Details.class), exchange, now);
    };
  }

  private Decision take(Job job, Run.Details details, Exchange exchange, Instant now) {
    var run = new Run(started(job, now), Ids.ulid(), details);
    run.leased(now, settings.lease());
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
