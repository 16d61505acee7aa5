package io.outpost.job;

/**
 * A push that an attempt is about to make, stored with the job: the next attempt can check whether
 * it arrived.
 *
 * @param base the commit that the agent began with
 * @param commit the pushed commit
 */
public record PushBegun(String base, String commit) {

  /** The attribute of a job's item. */
  public static final String ATTRIBUTE = "push_begun";
}
