package io.outpost.job;

import io.outpost.tenant.Tier;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A job as stored in the table.
 *
 * @param lease the latest lease of a running job, even if it has ended; otherwise null
 * @param moments the number of the job's timeline events
 */
public record StoredJob(Job job, JobDetails details, @Nullable JobLease lease, int moments) {

  /** A stored job without a timeline. */
  public StoredJob(Job job, JobDetails details, @Nullable JobLease lease) {
    this(job, details, lease, 0);
  }

  /**
   * The lease of a running job.
   *
   * @throws IllegalStateException when the job has none
   */
  public JobLease running() {
    if (lease == null) {
      throw new IllegalStateException("No worker runs the job");
    }
    return lease;
  }

  /** The job's place in the index of jobs that any worker may take. */
  public String turn() {
    return JobItems.turn(job.tenantId(), job.jobId());
  }

  /** Whether any worker may take the job: it waits for nothing else, or its worker was lost. */
  public boolean isTurnOf(Instant now) {
    return switch (job.status()) {
      case pending ->
          job.waitingReason() == null || !JobWaits.REASONS.contains(job.waitingReason());
      case running -> lease != null && lease.until().isBefore(now);
      default -> false;
    };
  }

  /** The same job with its tenant's current tier. */
  public StoredJob withTier(Tier tier) {
    return new StoredJob(job, details.withTier(tier), lease, moments);
  }

  /** Whether the timeline has room for another event. */
  boolean hasRoom() {
    return moments < JobMoment.MOST;
  }
}
