package io.outpost.job;

/** Keys and metadata of a job's output. */
public final class JobOutput {

  /** Metadata of the object: the {@link #run(Job)} that printed it. */
  public static final String RUN = "run";

  /** Metadata of the object: true once the agent has ended and the output is complete. */
  public static final String ENDED = "ended";

  private JobOutput() {}

  /** The object of the job's latest attempt in the output bucket: under the tenant's own prefix. */
  public static String key(Job job) {
    return key(job, job.attempts());
  }

  /** The object of one of the job's attempts, counted from 1. */
  public static String key(Job job, int attempt) {
    return prefix(job.tenantId(), job.jobId()) + "output-" + attempt + ".txt";
  }

  /**
   * Identifies the run of an output: a released attempt runs again under the same number, so the
   * object records when its run started.
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

  /** The path at which clients read it. */
  public static String location(Job job) {
    return "/jobs/" + job.jobId() + "/output";
  }
}
