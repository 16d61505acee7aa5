package io.outpost.job;

import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;

/**
 * What a job may ask for that a worker of the release before passes over, as it leaves fields alone
 * that it does not know. Every worker tells which it knows, and while one lacks it such a job is
 * refused. To add one: a line here. It may go when no release without it is deployed any more.
 */
public enum JobFeature {
  GIT_LFS("Git LFS", job -> has(job, repository -> Boolean.TRUE.equals(repository.lfs()))),
  SSH("repositories by ssh", job -> has(job, JobFeature::isBySsh));

  private final String words;
  private final Predicate<Job> asks;

  JobFeature(String words, Predicate<Job> asks) {
    this.words = words;
    this.asks = asks;
  }

  /** Those that the job asks for. */
  public static List<JobFeature> of(Job job) {
    return Arrays.stream(values()).filter(feature -> feature.asks.test(job)).toList();
  }

  /** The names of all that this release knows. */
  public static List<String> names() {
    return Arrays.stream(values()).map(JobFeature::name).toList();
  }

  /** For a person. */
  public String words() {
    return words;
  }

  private static boolean has(Job job, Predicate<Repository> part) {
    return job.repository() != null && part.test(job.repository());
  }

  private static boolean isBySsh(Repository repository) {
    return RepositoryAddress.of(repository.url(), true).isSsh();
  }
}
