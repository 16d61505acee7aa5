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
 * A job that requests wait for, in the state that was polled last. All waiting requests of this
 * container share it. Thread-safe.
 */
final class WatchedJob {

  /** Half as long as a worker remembers that its output is followed. */
  private static final Duration ANNOUNCE_EVERY = Duration.ofSeconds(30);

  /**
   * The state that was polled last.
   *
   * @param output the number of stored bytes of output
   * @param outputRun the run of this output, as {@link JobOutput#run}
   */
  record Seen(Job job, long output, @Nullable String outputRun) {

    /** The number of output bytes of the job's latest run. */
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

  /** Records the job as just read. */
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

  /** Records the size of the output as just read. */
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

  /** Waits for a change, a wake-up or the deadline; may return sooner. */
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

  /** Whether a request waits for the job's output, and the job has been started. */
  boolean isOutputWatched() {
    lock.lock();
    try {
      return outputWatchers > 0 && seen.job().attempts() > 0;
    } finally {
      lock.unlock();
    }
  }

  /** Whether to tell the worker now that a client follows the job; true again after an interval. */
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
