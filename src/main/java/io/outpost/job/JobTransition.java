package io.outpost.job;

import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Everything that can happen to a job, each with what the job is after it. {@link JobTransitions}
 * applies them; whoever else writes to a job's item is wrong.
 */
public sealed interface JobTransition {

  /** The job after it. */
  Job job();

  /** What is kept beside the job. */
  JobDetails details();

  /** The request that caused it, for the audit. */
  default String requestId() {
    return details().requestId();
  }

  /** What the audit entry says beyond the new status. */
  default Map<String, String> metadata() {
    return Map.of();
  }

  /**
   * A client asks for the job: it is pending. The call's own audit entry tells of it.
   *
   * @param due when the sweeper is to look whether anybody took it
   */
  record Submitted(Job job, JobDetails details, Instant due) implements JobTransition {}

  /** A worker takes the job: pending, or running under a lease that is over → running. */
  record Claimed(StoredJob from, JobLease lease, Instant at) implements JobTransition {
    @Override
    public Job job() {
      return from.job().started(at);
    }

    @Override
    public JobDetails details() {
      return from.details();
    }

    @Override
    public Map<String, String> metadata() {
      return Map.of("attempt", Integer.toString(job().attempts()));
    }
  }

  /**
   * Its worker shows that it is alive: the lease is longer.
   *
   * @param push what it is about to push; null: nothing, and nothing else changes
   */
  record Renewed(Job job, JobDetails details, JobLease lease, @Nullable PushBegun push)
      implements JobTransition {}

  /**
   * Its agent has ended: running → succeeded or failed.
   *
   * @param from as claimed
   * @param files what the run saved of its workspace; null: the workspace stays as it was
   * @param told by the agent of its run
   * @param warnings what else could not be kept
   * @param evidence of what ran and what it printed, for the receipt; null: nothing ran
   */
  record Finished(
      StoredJob from,
      Instant at,
      @Nullable Integer exitCode,
      Job.@Nullable Fault fault,
      @Nullable SavedFiles files,
      Job.@Nullable Told told,
      List<Job.Warning> warnings,
      @Nullable RunEvidence evidence)
      implements JobTransition {
    @Override
    public Map<String, String> metadata() {
      var said = new HashMap<String, String>();
      if (exitCode != null) {
        said.put("exit_code", exitCode.toString());
      }
      if (fault != null) {
        said.put("error", fault.code());
      }
      return said;
    }

    @Override
    public Job job() {
      return from.job().finished(at, exitCode, fault, told, warnings);
    }

    @Override
    public JobDetails details() {
      return from.details();
    }
  }

  /** Its worker stops and hands it back: running → pending, and the attempt does not count. */
  record Released(StoredJob from, Instant due) implements JobTransition {
    @Override
    public Job job() {
      return from.job().pendingAgain(from.job().attempts() - 1, "queued");
    }

    @Override
    public JobDetails details() {
      return from.details();
    }

    @Override
    public Map<String, String> metadata() {
      return Map.of("reason", "queued");
    }
  }

  /** The platform failed: running → pending, and the attempt counts. */
  record Retried(StoredJob from, Instant due) implements JobTransition {
    @Override
    public Job job() {
      return from.job().pendingAgain(from.job().attempts(), "retry");
    }

    @Override
    public JobDetails details() {
      return from.details();
    }

    @Override
    public Map<String, String> metadata() {
      return Map.of("reason", "retry");
    }
  }

  /**
   * It has had its attempts and nobody runs it → dead letter, and its quota is given back.
   *
   * @param attempts how many it must have had
   */
  record DeadLettered(StoredJob from, Instant at, int attempts) implements JobTransition {
    @Override
    public Job job() {
      return from.job().deadLettered(at);
    }

    @Override
    public JobDetails details() {
      return from.details();
    }

    @Override
    public Map<String, String> metadata() {
      return Map.of(
          "attempts", Integer.toString(from.job().attempts()), "error", Job.PLATFORM_FAILED);
    }
  }

  /**
   * Somebody does not want it any more: pending or running → cancelled. One that ran was used, so
   * it is in the ledger and its worker is told to stop; one that did not gives its quota back.
   *
   * @param reason null: a client asked; {@code tenant-deleted}: nobody is there to ask, and nobody
   *     may be running it
   */
  record Cancelled(StoredJob from, Instant at, String requestId, @Nullable String reason)
      implements JobTransition {
    @Override
    public Job job() {
      return from.job().cancelled(at);
    }

    @Override
    public JobDetails details() {
      return from.details();
    }

    @Override
    public Map<String, String> metadata() {
      return reason == null ? Map.of("was", from.job().status().name()) : Map.of("reason", reason);
    }

    /** Whether its agent was running, so that the job has been used. */
    public boolean used() {
      return reason == null && from.job().status() == Job.Status.running;
    }
  }

  /** An operator has a dead letter run again, with all its attempts: dead letter → pending. */
  record Redriven(StoredJob from, String requestId, Instant due) implements JobTransition {
    @Override
    public Job job() {
      return from.job().pendingAgain(0, "queued");
    }

    @Override
    public JobDetails details() {
      return from.details();
    }

    @Override
    public Map<String, String> metadata() {
      return Map.of("reason", "redrive");
    }
  }
}
