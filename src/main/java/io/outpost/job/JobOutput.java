package io.outpost.job;

/** Where the output of a job is kept. */
public final class JobOutput {

  private JobOutput() {}

  /** The object of the job's latest attempt in the output bucket: under the tenant's own prefix. */
  public static String key(Job job) {
    return prefix(job.tenantId()) + "jobs/" + job.jobId() + "/output-" + job.attempts() + ".txt";
  }

  /** What everything of a tenant begins with in the output bucket. */
  public static String prefix(String tenantId) {
    return "tenants/" + tenantId + "/";
  }

  /** Where clients read it. */
  public static String location(Job job) {
    return "/jobs/" + job.jobId() + "/output";
  }
}
