package io.outpost.jobs;

import io.outpost.job.Job;
import io.outpost.job.JobOutput;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A followed job in its last polled state, shared by all waiting requests of this container.
 * Thread-safe.
 */
final class WatchedJob {

  /** Half the time for which a worker keeps a watch. */
  private static final Duration ANNOUNCE_EVERY = Duration.ofSeconds(30);

  /**
   * The last polled state.
   *
   * @param output stored bytes of the output
   * @param outputRun the run of this output, as {@link JobOutput#run}
   */
  record Seen(Job job, long output, @Nullable String outputRun) {

    /** Output bytes of the job's latest run. */
    long outputOfRun() {
      return outputRun == null || outputRun.equals(JobOutput.run(job)) ? output : 0;
    }
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private Seen seen;
  private int outputWatchers;
  private Instant announcedAt = Instant.MIN;
  private @Nullable String announcedRun;

  WatchedJob(Job job) {
    this.seen = new Seen(job, 0, null);
  }

  Seen seen() {
    lock.lock();
    try {
      return seen;
    } finally {
      lock.unlock();
    }
  }

  /** Sets the newly read job. */
  void saw(Job job) {
    lock.lock();
    try {
      if (!job.equals(seen.job())) {
        become(new Seen(job, seen.output(), seen.outputRun()));
      }
    } finally {
      lock.unlock();
    }
  }

  /** Sets the newly read size of the output. */
  void sawOutput(long bytes, @Nullable String run) {
    lock.lock();
    try {
      var now = new Seen(seen.job(), bytes, run);
      if (!now.equals(seen)) {
        become(now);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Wakes all waiting requests. */
  void wake() {
    lock.lock();
    try {
      become(new Seen(seen.job(), seen.output(), seen.outputRun()));
    } finally {
      lock.unlock();
    }
  }

  /** Waits for a change, a wake-up, or the deadline; may end sooner. */
  @SuppressWarnings("WaitNotInLoop") // callers check again
  void await(Seen last, Instant deadline) throws InterruptedException {
    lock.lock();
    try {
      var left = Duration.between(Instant.now(), deadline).toNanos();
      if (seen == last && left > 0) {
        var unused = changed.await(left, TimeUnit.NANOSECONDS);
      }
    } finally {
      lock.unlock();
    }
  }

  void outputWatchers(int more) {
    lock.lock();
    try {
      outputWatchers += more;
    } finally {
      lock.unlock();
    }
  }

  /** Whether a request waits for its output, and there may be more. */
  boolean isOutputWatched() {
    lock.lock();
    try {
      return outputWatchers > 0 && seen.job().attempts() > 0;
    } finally {
      lock.unlock();
    }
  }

  /** Whether its worker must be told now that it is followed; true again after a while. */
  boolean takeAnnouncement(Instant now) {
    lock.lock();
    try {
      var run = JobOutput.run(seen.job());
      var due =
          seen.job().status() == Job.Status.running
              && (!run.equals(announcedRun) || announcedAt.plus(ANNOUNCE_EVERY).isBefore(now));
      if (due) {
        announcedRun = run;
        announcedAt = now;
      }
      return due;
    } finally {
      lock.unlock();
    }
  }

  private void become(Seen next) {
    seen = next;
    changed.signalAll();
  }
}
