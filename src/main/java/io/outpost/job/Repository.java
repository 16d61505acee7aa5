package io.outpost.job;

import io.soabase.recordbuilder.core.RecordBuilder;
import org.jspecify.annotations.Nullable;

/**
 * The repository of a job.
 *
 * @param url without credentials
 * @param ref a branch, a tag or a commit; null: the repository's default branch
 * @param depth how many commits of history are cloned; null: all
 * @param submodules whether submodules are cloned too; null: no
 * @param lfs whether Git LFS files are downloaded too, from the repository's own server; null: no
 * @param secret the name of the secret that gives access; null: the repository is public
 * @param push the target of the changes; null: no push
 * @param commit the commit that the agent began with; null until it is known
 * @param pushed branch and commit of the push; null: none
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
   * The target of a push, which is never forced.
   *
   * @param message of the commit; null: a default message
   * @param pullRequest whether to open a pull request for the branch; null: no
   */
  public record Push(String branch, @Nullable String message, @Nullable Boolean pullRequest) {}

  /** The result of a push. */
  public record Pushed(String branch, String commit, @Nullable String pullRequestUrl) {}

  /**
   * The target of the push.
   *
   * @throws IllegalStateException when the job pushes nothing
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
   * @throws IllegalStateException before it is known
   */
  public String base() {
    if (commit == null) {
      throw new IllegalStateException("It is not known which commit was cloned");
    }
    return commit;
  }

  /** The repository as the client requested it. */
  public Repository fresh() {
    return withCommit(null).withPushed(null);
  }
}
