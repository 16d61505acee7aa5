package io.outpost.worker.agent;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Enforces the limits of a run's memory and disk in total, because the kernel limits only single
 * processes and files: measures them periodically. For one run and one thread.
 */
final class ResourceWatch {

  private static final Logger LOG = LoggerFactory.getLogger(ResourceWatch.class);
  private static final long SHORTEST_PAUSE = TimeUnit.SECONDS.toNanos(1);

  /** Limits the share of time spent on counting a large tree of files. */
  private static final int PAUSE_PER_COUNT = 20;

  /**
   * The maximum of consecutive measurements that fail or find hidden files, because a job can kill
   * the measuring process.
   */
  private static final int MOST_FAILURES = 10;

  private final AgentRunSettings settings;
  private long pause = SHORTEST_PAUSE;

  /** The lowest measured use of everything except the run. */
  private long before = Long.MAX_VALUE;

  private int failures;
  private int hidings;

  ResourceWatch(AgentRunSettings settings) {
    this.settings = settings;
  }

  /** Nanoseconds until the next measurement. */
  long pause() {
    return pause;
  }

  /**
   * A measurement of a run.
   *
   * @param disk visible bytes
   * @param files files and folders
   * @param memory bytes
   * @param hidden processes that hide their open files
   * @param sent places that cannot be seen into: sockets with open files in transit, folders closed
   *     to their own user
   * @param byAll used bytes of the disks, and of memory for files, of all users together
   */
  record Taken(long disk, long files, long memory, long hidden, long sent, long byAll) {}

  /** Measures a run. */
  interface Measure {
    Taken take() throws IOException;
  }

  /**
   * Whether a run may use more than is visible. Programs pass each other connections and terminals
   * and may be slow to receive them, so that counts only when the machine has lost more space since
   * the run's start than the run may use.
   */
  private boolean hides(Taken taken) {
    before = Math.min(before, taken.byAll() - taken.disk());
    boolean couldBeMore = taken.byAll() - before > settings.diskBytes();
    return taken.hidden() > 0 || taken.sent() > 0 && couldBeMore;
  }

  /** The exceeded limit, if any. */
  Optional<StopReason> exceeded(Measure measure) {
    long began = System.nanoTime();
    try {
      Taken taken = measure.take();
      failures = 0;
      hidings = hides(taken) ? hidings + 1 : 0;
      if (taken.memory() > settings.memoryBytes()) {
        return Optional.of(StopReason.MEMORY_LIMIT);
      }
      if (taken.disk() > settings.diskBytes() || taken.files() > settings.files()) {
        return Optional.of(StopReason.DISK_LIMIT);
      }
      return hidings < MOST_FAILURES ? Optional.empty() : Optional.of(StopReason.UNMEASURED);
    } catch (IOException | RuntimeException e) {
      LOG.debug("A run could not be measured", e);
      began = System.nanoTime(); // obstructing the measurement gains no time
      return ++failures < MOST_FAILURES ? Optional.empty() : Optional.of(StopReason.UNMEASURED);
    } finally {
      pause = Math.max(SHORTEST_PAUSE, PAUSE_PER_COUNT * (System.nanoTime() - began));
    }
  }
}
