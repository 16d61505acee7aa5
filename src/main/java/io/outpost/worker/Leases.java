package io.outpost.worker;

import io.outpost.job.Job;
import io.outpost.job.JobLease;
import io.outpost.job.JobTransition;
import io.outpost.job.JobTransitions;
import io.outpost.job.PushBegun;
import io.outpost.job.TenantSlots;
import io.outpost.job.TransitionRefused;
import io.outpost.job.WorkspaceLeases;
import io.outpost.worker.agent.AgentResult;
import io.outpost.worker.agent.StopReason;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.jspecify.annotations.Nullable;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

/**
 * A worker's writes to a job, valid only while the worker holds the lease. When the lease is lost,
 * nothing is written and the run ends as lost. Thread-safe.
 */
@Profile({"worker", "local"})
@Component("leases")
public class Leases {

  private final JobTransitions transitions;
  private final TenantSlots slots;
  private final WorkspaceLeases workspaces;
  private final WorkerSettings settings;
  private final EndedRuns ended;
  private final RunObjectives objectives;

  Leases(
      JobTransitions transitions,
      TenantSlots slots,
      WorkspaceLeases workspaces,
      WorkerSettings settings,
      EndedRuns ended,
      RunObjectives objectives) {
    this.transitions = transitions;
    this.slots = slots;
    this.workspaces = workspaces;
    this.settings = settings;
    this.ended = ended;
    this.objectives = objectives;
  }

  /**
   * Renews the lease. When the lease is lost, the agent is stopped before another worker can start
   * one, and the lease is never renewed again. A heartbeat during another one does nothing, because
   * the older one must not write last.
   */
  public void keep(@ExchangeProperty("run") Run run) {
    if (!run.isLost() && run.renewal().tryLock()) {
      try {
        renew(run, null);
      } catch (RuntimeException e) {
        // Renewals create no spans, but a failed one is an event in the job's trace.
        run.span().addEvent("lease not renewed: " + e.getClass().getSimpleName());
        throw e;
      } finally {
        run.renewal().unlock();
      }
    }
  }

  /**
   * Renews the lease and records the push that is about to begin. Afterwards the run may be lost.
   */
  void beforePush(Run run, PushBegun push) {
    run.renewal().lock();
    try {
      renew(run, push);
    } finally {
      run.renewal().unlock();
    }
  }

  private void renew(Run run, @Nullable PushBegun push) {
    var now = Instant.now();
    var longer = new JobLease(run.leaseId(), now.plus(settings.lease()));
    try {
      transitions.renew(new JobTransition.Renewed(run.job(), run.details(), longer, push));
      run.leased(now, settings.lease());
    } catch (TransitionRefused refused) {
      lose(run, refused);
    }
  }

  /** Ends the job as its agent ended: status, ledger, audit and slot in one transaction. */
  public void finish(@ExchangeProperty("run") Run run, Exchange exchange) {
    objectives.ending(run);
    if (!run.hasStarted()) {
      var at = Instant.now().truncatedTo(ChronoUnit.MILLIS);
      write(
          run,
          new JobTransition.Finished(
              run.claimed(), at, null, run.fault(), null, null, run.warnings(), null),
          exchange);
      return;
    }
    var result = run.process().result();
    var timeout = result.stopped().filter(StopReason.TIME_LIMIT::equals).isPresent();
    write(
        run,
        new JobTransition.Finished(
            run.claimed(),
            Instant.now().truncatedTo(ChronoUnit.MILLIS),
            timeout ? null : result.exitCode(),
            fault(run, result, timeout),
            run.saved(),
            told(run, result),
            run.warnings(),
            run.evidence()),
        exchange);
  }

  /** Makes the job pending again after a fault of the platform; the attempt counts. */
  public void retry(@ExchangeProperty("run") Run run, Exchange exchange) {
    write(run, new JobTransition.Retried(run.claimed(), due()), exchange);
  }

  /** Releases the job without counting the attempt, because this worker stops. */
  public void release(@ExchangeProperty("run") Run run, Exchange exchange) {
    write(run, new JobTransition.Released(run.claimed(), due()), exchange);
  }

  /** Frees the tenant's slot and the workspace of an abandoned run. */
  public void abandon(@ExchangeProperty("run") Run run) {
    run.freed(true);
    slots.releaseAlone(run.job(), run.claimed().running());
    if (run.job().workspace() != null) {
      workspaces.releaseAlone(run.job(), run.claimed().running());
    }
  }

  private Instant due() {
    return Instant.now().plus(settings.lease());
  }

  private void write(Run run, JobTransition transition, Exchange exchange) {
    try {
      var applied = transitions.apply(transition);
      run.freed(applied.othersWait());
      if (transition instanceof JobTransition.Finished) {
        objectives.ended(run);
        ended.add();
      }
      exchange.setProperty("transition", applied.entry());
      exchange.setProperty("job", transition.job());
    } catch (TransitionRefused refused) {
      lose(run, refused);
      abandon(run);
      if (refused.isCancelled()) {
        ended.add();
      }
    }
  }

  private static void lose(Run run, TransitionRefused refused) {
    run.lose(refused.isCancelled() ? StopReason.CANCELLED : StopReason.RELEASED);
  }

  private static Job.@Nullable Fault fault(Run run, AgentResult result, boolean timeout) {
    if (timeout) {
      return new Job.Fault(
          "agent-timeout", "The agent ran longer than %d s.".formatted(run.job().timeoutSeconds()));
    }
    var most = run.job().maxCostUsd();
    if (!result.succeeded() && most != null && costsTooMuch(most, result)) {
      return new Job.Fault(
          "cost-limit-reached",
          "The agent was stopped because the job's cost reached max_cost_usd, %s."
              .formatted(most.toPlainString()));
    }
    return result.succeeded() ? run.fault() : new Job.Fault("agent-failed", result.explanation());
  }

  private static boolean costsTooMuch(BigDecimal most, AgentResult result) {
    return result.stopped().filter(StopReason.COST_LIMIT::equals).isPresent()
        || result.usage().filter(usage -> usage.costs(most)).isPresent();
  }

  private static Job.Told told(Run run, AgentResult result) {
    var usage =
        result
            .usage()
            .map(u -> new Job.Usage(u.inputTokens(), u.outputTokens(), u.costUsd()))
            .orElse(null);
    return new Job.Told(usage, result.conversation().orElse(null), run.repository());
  }
}
