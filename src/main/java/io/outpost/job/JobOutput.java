package io.outpost.job;

/** Keys and metadata of a job's output. */
public final class JobOutput {

  /** The name of the object's metadata with the {@link #run(Job)} that printed the output. */
  public static final String RUN = "run";

  /**
   * The name of the object's metadata that is true once the agent has ended and the output is
   * complete.
   */
  public static final String ENDED = "ended";

  private JobOutput() {}

  /**
   * The key of the output of the job's latest attempt in the output bucket, under the tenant's own
   * prefix.
   */
  public static String key(Job job) {
    return key(job, job.attempts());
  }

  /** The key of the output of one attempt, counted from 1. */
  public static String key(Job job, int attempt) {
    return prefix(job.tenantId(), job.jobId()) + "output-" + attempt + ".txt";
  }

  /**
   * Identifies a run by its start. The number of its attempt is not enough, because a released
   * attempt runs again under the same number.
   */
  public static String run(Job job) {
    return job.startedAt() == null ? "0" : Long.toString(job.startedAt().toEpochMilli());
  }

  /** The prefix of all objects of a tenant in the output bucket. */
  public static String prefix(String tenantId) {
    return "tenants/" + tenantId + "/";
  }

  /** The prefix of a job's output and artifacts. */
  public static String prefix(String tenantId, String jobId) {
    return prefix(tenantId) + "jobs/" + jobId + "/";
  }

  /** The path at which clients read the output. */
  public static String location(Job job) {
    return "/jobs/" + job.jobId() + "/output";
  }
}
