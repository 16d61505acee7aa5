package io.outpost.job;

import org.jspecify.annotations.Nullable;

/**
 * Facts about the run that ended a job, stored for the job's receipt.
 *
 * @param outputSha256 of the whole output, in hex
 * @param outputBytes the size of the output
 * @param agentVersion the version that the agent's program reports; null: unknown
 * @param workerImage the digest of the worker's container image; null: unknown
 */
public record RunEvidence(
    String outputSha256,
    long outputBytes,
    @Nullable String agentVersion,
    @Nullable String workerImage) {

  /** The attribute of a job's item. */
  public static final String ATTRIBUTE = "evidence";
}
