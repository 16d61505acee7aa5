package io.outpost.jobs;

import io.outpost.job.Repository;
import io.outpost.job.RepositoryAddress;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;

/**
 * Knows which repositories this installation's workers can reach. Where the network allows no
 * outgoing ssh, a job with an ssh repository could only fail. Immutable.
 */
@Component
class ReachableRepositories {

  private final boolean loopback;
  private final boolean ssh;

  ReachableRepositories(
      @Value("${outpost.repositories.allow-loopback}") boolean loopback,
      @Value("${outpost.repositories.ssh}") boolean ssh) {
    this.loopback = loopback;
    this.ssh = ssh;
  }

  boolean isSsh(Repository repository) {
    return RepositoryAddress.of(repository.url(), loopback).isSsh();
  }

  /** Whether workers can reach the repository; true when there is none. */
  boolean reach(@Nullable Repository repository) {
    return ssh || repository == null || !isSsh(repository);
  }
}
