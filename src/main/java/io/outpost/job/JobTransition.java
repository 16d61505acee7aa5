package io.outpost.job;

import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All transitions of a job, each with the job's next state. Only {@link JobTransitions} applies
 * them; no other code may write a job's item.
 */
public sealed interface JobTransition {

  /** The job after the transition. */
  Job job();

  /** The job's internal data. */
  JobDetails details();

  /** The request that caused the transition, for the audit. */
  default String requestId() {
    return details().requestId();
  }

  /** Metadata of the audit entry, beyond the new status. */
  default Map<String, String> metadata() {
    return Map.of();
  }

  /**
   * A client submits the job: it is pending. The API call writes the audit entry.
   *
   * @param due when the sweeper checks whether a worker has claimed the job
   */
  record Submitted(Job job, JobDetails details, Instant due) implements JobTransition {}

  /** A worker takes the job: pending, or running with a lease that has ended → running. */
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
   * The worker that runs the job renews its lease.
   *
   * @param push the push that the worker begins; null: none, and only the lease changes
   */
  record Renewed(Job job, JobDetails details, JobLease lease, @Nullable PushBegun push)
      implements JobTransition {}

  /**
   * The agent has ended: running → succeeded or failed.
   *
   * @param from the claimed job
   * @param files the saved files of the workspace; null: the workspace stays as it was
   * @param told the agent's report about its run
   * @param warnings further losses
   * @param evidence of the program and its output, for the receipt; null: no agent ran
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

  /** The worker stops and releases the job: running → pending. The attempt does not count. */
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

  /** The platform failed: running → pending. The attempt counts. */
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
   * The job has no attempts left and no worker runs it → dead letter. Its quota is given back.
   *
   * @param attempts how many attempts the job must have used
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
   * The job is cancelled: pending or running → cancelled. A job that ran is billed, so it is in the
   * ledger, and its worker is told to stop; a pending job gives its quota back.
   *
   * @param reason null: a client asked for it; {@code tenant-deleted}: the tenant was deleted, and
   *     the job must not be running
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

    /** Whether an agent was running, so that the job is billed. */
    public boolean used() {
      return reason == null && from.job().status() == Job.Status.running;
    }
  }

  /** An operator redrives the job: dead letter → pending, with all attempts again. */
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
