package io.outpost.job;

import io.outpost.kernel.Ids;
import java.time.Instant;

/**
 * The right of one worker to run a job until a given time, with a slot of its tenant and, if it has
 * one, its workspace.
 *
 * @param id the fencing token: only the worker that holds it can finish the job; it begins with the
 *     worker's name
 */
public record JobLease(String id, Instant until) {

  private static final int LONGEST_NAME = 64;

  /** A new lease of a worker. */
  public static JobLease of(String worker, Instant until) {
    var name = worker.replaceAll("[^A-Za-z0-9-]", "-");
    var shown = name.substring(0, Math.min(name.length(), LONGEST_NAME));
    return new JobLease(shown + "." + Ids.ulid(), until);
  }

  /** The name of the worker that has the lease; the whole token when an older release wrote it. */
  public String worker() {
    var end = id.lastIndexOf('.');
    return end <= 0 ? id : id.substring(0, end);
  }
}
