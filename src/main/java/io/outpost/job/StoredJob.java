package io.outpost.job;

import io.outpost.tenant.Tier;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A job as stored in the table.
 *
 * @param lease its latest lease while it runs, even if ended; otherwise null
 * @param moments the number of its timeline events
 */
public record StoredJob(Job job, JobDetails details, @Nullable JobLease lease, int moments) {

  /** A stored job without a timeline. */
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

  /** Whether a worker may take it: it waits only for a worker, or its worker was lost. */
  public boolean isTurnOf(Instant now) {
    return switch (job.status()) {
      case pending ->
          job.waitingReason() == null || !JobWaits.REASONS.contains(job.waitingReason());
      case running -> lease != null && lease.until().isBefore(now);
      default -> false;
    };
  }

  /** The same with its tenant's current tier. */
  public StoredJob withTier(Tier tier) {
    return new StoredJob(job, details.withTier(tier), lease, moments);
  }

  /** Whether its timeline has room for another event. */
  boolean hasRoom() {
    return moments < JobMoment.MOST;
  }
}
