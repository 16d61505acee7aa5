package io.outpost.job;

import org.jspecify.annotations.Nullable;

/**
 * What a job's receipt says of the run that ended it, kept beside the job.
 *
 * @param outputSha256 of all that the agent printed, in hex
 * @param outputBytes its size
 * @param agentVersion as the agent's program told it; null: unknown
 * @param workerImage the worker's container image by digest; null: it runs in none that is known
 */
public record RunEvidence(
    String outputSha256,
    long outputBytes,
    @Nullable String agentVersion,
    @Nullable String workerImage) {

  /** The attribute of a job's item. */
  public static final String ATTRIBUTE = "evidence";
}
