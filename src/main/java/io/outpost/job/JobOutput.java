package io.outpost.job;

/** Where the output of a job is kept. */
public final class JobOutput {

  /** Metadata of the object: {@link #run(Job)} of the run that printed it. */
  public static final String RUN = "run";

  /** Metadata of the object: true once the agent has ended, so that nothing more comes. */
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
   * Which run an output is of: an attempt that was handed back runs again under its number, so the
   * object says when its run started.
   */
  public static String run(Job job) {
    return job.startedAt() == null ? "0" : Long.toString(job.startedAt().toEpochMilli());
  }

  /** What everything of a tenant begins with in the output bucket. */
  public static String prefix(String tenantId) {
    return "tenants/" + tenantId + "/";
  }

  /** What everything that a job left begins with, its output and artifacts. */
  public static String prefix(String tenantId, String jobId) {
    return prefix(tenantId) + "jobs/" + jobId + "/";
  }

  /** Where clients read it. */
  public static String location(Job job) {
    return "/jobs/" + job.jobId() + "/output";
  }
}
