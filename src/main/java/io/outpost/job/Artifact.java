package io.outpost.job;

import java.util.List;

/**
 * A file that an agent left under {@code artifacts/} for its tenant.
 *
 * @param path below {@code artifacts/}, as the agent named it: only shown, never used as a key or
 *     as the name of a file of ours
 * @param sha256 of the content, in hex
 */
public record Artifact(String path, long sizeBytes, String sha256) {

  /**
   * The artifacts of a run. The content of each is an object in the output bucket, named by its
   * place in this list.
   *
   * @param leftOut how many files were not kept: unreadable ones, and those above a job's limits
   */
  public record Manifest(List<Artifact> artifacts, int leftOut) {}

  /** The key of the manifest of the job's latest attempt, in the output bucket. */
  public static String manifestKey(Job job) {
    return prefix(job) + "manifest.json";
  }

  /**
   * The key of an artifact's content of the job's latest attempt, by the artifact's place in the
   * manifest.
   */
  public static String contentKey(Job job, int place) {
    return prefix(job) + place;
  }

  private static String prefix(Job job) {
    return JobOutput.prefix(job.tenantId(), job.jobId()) + "artifacts-" + job.attempts() + "/";
  }
}
