package io.outpost.job;

import java.util.List;

/**
 * A file that an agent left under {@code artifacts/} for its tenant.
 *
 * @param path below {@code artifacts/}, in the agent's words: only shown, never used as a key or
 *     file name of ours
 * @param sha256 of its content, in hex
 */
public record Artifact(String path, long sizeBytes, String sha256) {

  /**
   * The artifacts of a run; the content of the n-th is the n-th object.
   *
   * @param leftOut how many files were not kept, because there were too many
   */
  public record Manifest(List<Artifact> artifacts, int leftOut) {}

  /** The manifest of the job's latest attempt in the output bucket. */
  public static String manifestKey(Job job) {
    return prefix(job) + "manifest.json";
  }

  /** The content of an artifact of the job's latest attempt, by its place in the manifest. */
  public static String contentKey(Job job, int place) {
    return prefix(job) + place;
  }

  private static String prefix(Job job) {
    return JobOutput.prefix(job.tenantId(), job.jobId()) + "artifacts-" + job.attempts() + "/";
  }
}
