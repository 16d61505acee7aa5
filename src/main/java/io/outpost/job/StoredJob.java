package io.outpost.job;

import io.outpost.tenant.Tier;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A job as the table has it.
 *
 * @param lease the last one given for it while it runs, over or not; else null
 * @param moments how many its timeline has
 */
public record StoredJob(Job job, JobDetails details, @Nullable JobLease lease, int moments) {

  /** One without a timeline. */
  public StoredJob(Job job, JobDetails details, @Nullable JobLease lease) {
    this(job, details, lease, 0);
  }

  /**
   * The lease of a job that runs.
   *
   * @throws IllegalStateException when it has none
   */
  public JobLease running() {
    if (lease == null) {
      throw new IllegalStateException("No worker runs the job");
    }
    return lease;
  }

  /** Its place in the index of jobs that any worker may take. */
  public String turn() {
    return JobItems.turn(job.tenantId(), job.jobId());
  }

  /** Whether a worker may take it: it waits for nothing but a worker, or was lost by one. */
  public boolean isTurnOf(Instant now) {
    return switch (job.status()) {
      case pending ->
          job.waitingReason() == null || !JobWaits.REASONS.contains(job.waitingReason());
      case running -> lease != null && lease.until().isBefore(now);
      default -> false;
    };
  }

  /** The same with its tenant's tier as it is by now. */
  public StoredJob withTier(Tier tier) {
    return new StoredJob(job, details.withTier(tier), lease, moments);
  }

  /** Whether its timeline takes another moment. */
  boolean hasRoom() {
    return moments < JobMoment.MOST;
  }
}
