package io.outpost.job;

import io.soabase.recordbuilder.core.RecordBuilder;
import org.jspecify.annotations.Nullable;

/**
 * The repository that a job works in.
 *
 * @param url without credentials
 * @param ref a branch, a tag or a commit; null: the repository's default branch
 * @param depth how many commits of its history; null: all
 * @param submodules whether they are cloned too; null: no
 * @param lfs whether files of Git LFS are brought too, from its own server; null: no
 * @param secret the name of the secret that opens it; null: it is open
 * @param push where the changes go; null: nowhere
 * @param commit the commit that the agent began with; null until it is known
 * @param pushed what was pushed; null when nothing was
 */
@RecordBuilder
public record Repository(
    String url,
    @Nullable String ref,
    @Nullable Integer depth,
    @Nullable Boolean submodules,
    @Nullable Boolean lfs,
    @Nullable String secret,
    @Nullable Push push,
    @Nullable String commit,
    @Nullable Pushed pushed)
    implements RepositoryBuilder.With {

  /**
   * Where changes are pushed to, never by force.
   *
   * @param message of the commit; null: one of ours
   * @param pullRequest whether a pull request is opened for the branch; null: no
   */
  public record Push(String branch, @Nullable String message, @Nullable Boolean pullRequest) {}

  /** What was pushed. */
  public record Pushed(String branch, String commit, @Nullable String pullRequestUrl) {}

  /**
   * Where the changes go.
   *
   * @throws IllegalStateException when they go nowhere
   */
  public Push pushTo() {
    if (push == null) {
      throw new IllegalStateException("The changes are not pushed");
    }
    return push;
  }

  /**
   * The commit that the agent began with.
   *
   * @throws IllegalStateException until it is known
   */
  public String base() {
    if (commit == null) {
      throw new IllegalStateException("It is not known which commit was cloned");
    }
    return commit;
  }

  /** As it was asked for. */
  public Repository fresh() {
    return withCommit(null).withPushed(null);
  }
}
