package io.outpost.job;

import io.soabase.recordbuilder.core.RecordBuilder;

/**
 * The repository that a job works in.
 *
 * @param url without credentials
 * @param ref a branch, a tag or a commit; null: the repository's default branch
 * @param depth how many commits of its history; null: all
 * @param submodules whether they are cloned too; null: no
 * @param secret the name of the secret that opens it; null: it is open
 * @param push where the changes go; null: nowhere
 * @param commit the commit that the agent began with; null until it is known
 * @param pushed what was pushed; null when nothing was
 */
@RecordBuilder
public record Repository(
    String url,
    String ref,
    Integer depth,
    Boolean submodules,
    String secret,
    Push push,
    String commit,
    Pushed pushed)
    implements RepositoryBuilder.With {

  /**
   * Where changes are pushed to, never by force.
   *
   * @param message of the commit; null: one of ours
   * @param pullRequest whether a pull request is opened for the branch; null: no
   */
  public record Push(String branch, String message, Boolean pullRequest) {}

  /** What was pushed. */
  public record Pushed(String branch, String commit, String pullRequestUrl) {}

  /** As it was asked for. */
  public Repository fresh() {
    return withCommit(null).withPushed(null);
  }
}
