package io.outpost.job;

/**
 * A push that an attempt is about to make. It is stored with the job, so that the next attempt can
 * check whether the push arrived.
 *
 * @param base the commit that the agent began with
 * @param commit the pushed commit
 */
public record PushBegun(String base, String commit) {

  /** The attribute of a job's item. */
  public static final String ATTRIBUTE = "push_begun";
}
