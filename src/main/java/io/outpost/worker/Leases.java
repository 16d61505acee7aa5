package io.outpost.worker;

import io.outpost.audit.AuditTrail;
import io.outpost.job.Job;
import io.outpost.job.JobOutput;
import io.outpost.job.JobTransition;
import io.outpost.store.Change;
import io.outpost.store.Transactions;
import io.outpost.usage.Ledger;
import io.outpost.worker.agent.AgentResult;
import io.outpost.worker.agent.StopReason;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

/** What a worker may write about a job while it holds the lease, and only then. Thread-safe. */
@Profile({"worker", "local"})
@Component("leases")
public class Leases {

  private final Transactions transactions;
  private final JobWrites writes;
  private final TenantSlots slots;
  private final WorkspaceLeases workspaces;
  private final AuditTrail trail;
  private final Ledger ledger;
  private final WorkerSettings settings;

  Leases(
      Transactions transactions,
      JobWrites writes,
      TenantSlots slots,
      WorkspaceLeases workspaces,
      AuditTrail trail,
      Ledger ledger,
      WorkerSettings settings) {
    this.transactions = transactions;
    this.writes = writes;
    this.slots = slots;
    this.workspaces = workspaces;
    this.trail = trail;
    this.ledger = ledger;
    this.settings = settings;
  }

  /** The job is not ours any more. */
  static final class Lost extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final boolean cancelled;

    Lost(Map<String, software.amazon.awssdk.services.dynamodb.model.AttributeValue> item) {
      super("The lease is lost");
      cancelled =
          item.containsKey("status") && item.get("status").s().equals(Job.Status.cancelled.name());
    }
  }

  private static final class SlotGone extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** Renews the lease; when it is lost, the agent is stopped before another worker starts one. */
  public void keep(@ExchangeProperty("run") Run run) {
    var now = Instant.now();
    var until = now.plus(settings.lease());
    var change = new Change();
    change.update(writes.keep(run, until), Lost::new);
    change.update(slots.keep(run, until), old -> new SlotGone());
    if (run.job().workspace() != null) {
      change.update(workspaces.keep(run, until), old -> new SlotGone());
    }
    try {
      transactions.write(change);
      run.leased(now, settings.lease());
    } catch (Lost lost) {
      run.lose(lost.cancelled ? StopReason.CANCELLED : StopReason.RELEASED);
    } catch (SlotGone e) {
      run.lose(StopReason.RELEASED);
    }
  }

  /** Ends the job as the agent ended: status, ledger, audit and slot in one transaction. */
  public void finish(@ExchangeProperty("run") Run run, Exchange exchange) {
    var result = run.process().result();
    var now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    var ended = ended(run, result, now);
    var transition = JobTransition.entry(ended, run.details().requestId(), Map.of());
    if (write(
        run,
        change -> {
          change.update(writes.finish(run, ended), Lost::new);
          if (run.job().workspace() != null) {
            change.update(workspaces.publish(run, now), old -> new Lost(Map.of()));
          }
          change.put(
              ledger.entry(ended, run.details().billingPeriod()),
              old -> new IllegalStateException("An unconditional write was refused"));
          trail.add(change, transition);
        })) {
      exchange.setProperty("job", ended);
      exchange.setProperty("transition", transition);
    }
  }

  /** Makes the job pending again after a fault of the platform; the attempt counts. */
  public void retry(@ExchangeProperty("run") Run run, Exchange exchange) {
    giveBack(run, run.job().attempts(), "retry", exchange);
  }

  /** Hands the job back untouched, because this worker stops; the attempt does not count. */
  public void release(@ExchangeProperty("run") Run run, Exchange exchange) {
    giveBack(run, run.job().attempts() - 1, "queued", exchange);
  }

  /** Frees the tenant's slot and the workspace of a run that finishes nothing. */
  public void abandon(@ExchangeProperty("run") Run run) {
    slots.releaseAlone(run);
    if (run.job().workspace() != null) {
      workspaces.releaseAlone(run);
    }
  }

  private void giveBack(Run run, int attempts, String reason, Exchange exchange) {
    var pending = pending(run.job(), attempts, reason);
    var transition =
        JobTransition.entry(pending, run.details().requestId(), Map.of("reason", reason));
    var due = Instant.now().plus(settings.lease());
    if (write(
        run,
        change -> {
          change.update(writes.giveBack(run, pending, due), Lost::new);
          if (run.job().workspace() != null) {
            change.update(workspaces.release(run), old -> new Lost(Map.of()));
          }
          trail.add(change, transition);
        })) {
      exchange.setProperty("job", pending);
      exchange.setProperty("transition", transition);
    }
  }

  /**
   * Writes under the lease, giving the slot back; false, and the run lost, when the lease is not
   * ours any more.
   */
  private boolean write(Run run, java.util.function.Consumer<Change> parts) {
    for (var withSlot : new boolean[] {true, false}) {
      var change = new Change();
      parts.accept(change);
      if (withSlot) {
        change.update(slots.release(run), old -> new SlotGone());
      }
      try {
        transactions.write(change);
        return true;
      } catch (Lost lost) {
        run.lose(lost.cancelled ? StopReason.CANCELLED : StopReason.RELEASED);
        slots.releaseAlone(run);
        return false;
      } catch (SlotGone e) {
        // Its lease ended and another job took it: the rest still holds.
      }
    }
    throw new IllegalStateException("A slot that was left out was refused");
  }

  private static Job ended(Run run, AgentResult result, Instant now) {
    var job = run.job();
    var timeout = result.stopped().filter(StopReason.TIME_LIMIT::equals).isPresent();
    var fault = run.fault();
    if (timeout) {
      fault =
          new Job.Fault(
              "agent-timeout", "The agent ran longer than %d s.".formatted(job.timeoutSeconds()));
    } else if (!result.succeeded()) {
      fault = new Job.Fault("agent-failed", result.explanation());
    }
    var status = fault == null ? Job.Status.succeeded : Job.Status.failed;
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
        timeout ? null : result.exitCode(),
        JobOutput.location(job),
        null,
        null,
        fault);
  }

  private static Job pending(Job job, int attempts, String reason) {
    return new Job(
        job.jobId(),
        job.tenantId(),
        job.agent(),
        job.command(),
        job.workspace(),
        job.priority(),
        job.timeoutSeconds(),
        Job.Status.pending,
        attempts,
        job.createdAt(),
        null,
        null,
        null,
        null,
        reason,
        null,
        null);
  }
}
