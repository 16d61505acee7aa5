package io.outpost.job;

/**
 * A job as the table has it.
 *
 * @param lease the last one given for it while it runs, over or not; else null
 * @param moments how many its timeline has
 */
public record StoredJob(Job job, JobDetails details, JobLease lease, int moments) {

  /** One without a timeline. */
  public StoredJob(Job job, JobDetails details, JobLease lease) {
    this(job, details, lease, 0);
  }

  /** Whether its timeline takes another moment. */
  boolean hasRoom() {
    return moments < JobMoment.MOST;
  }
}
