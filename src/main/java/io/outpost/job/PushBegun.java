package io.outpost.job;

/**
 * A push that a job's attempt is about to make, kept beside the job: whoever runs it next can tell
 * whether it arrived.
 *
 * @param base the commit that the agent began with
 * @param commit what is pushed
 */
public record PushBegun(String base, String commit) {

  /** The attribute of a job's item. */
  public static final String ATTRIBUTE = "push_begun";
}
