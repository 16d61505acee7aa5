package io.outpost.job;

import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;

/**
 * Options of a job that a worker of the previous release would silently ignore, because it ignores
 * unknown fields. Every worker reports the features that it knows; while one does not know a
 * feature, jobs that need it are refused. To add a feature: a line here. Remove the line when no
 * release without the feature is deployed any more.
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

  /** The features that this job needs. */
  public static List<JobFeature> of(Job job) {
    return Arrays.stream(values()).filter(feature -> feature.asks.test(job)).toList();
  }

  /** The names of all features of this release. */
  public static List<String> names() {
    return Arrays.stream(values()).map(JobFeature::name).toList();
  }

  /** The feature in words, for messages. */
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
