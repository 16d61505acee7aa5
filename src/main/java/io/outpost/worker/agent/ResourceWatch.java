package io.outpost.worker.agent;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks now and then whether a run keeps to what the kernel limits only for each process or file:
 * the memory and the disk of all of them together. For one run and one thread.
 */
final class ResourceWatch {

  private static final Logger LOG = LoggerFactory.getLogger(ResourceWatch.class);
  private static final long SHORTEST_PAUSE = TimeUnit.SECONDS.toNanos(1);

  /** So that counting a large tree of files takes a small part of the time. */
  private static final int PAUSE_PER_COUNT = 20;

  /**
   * Measurements that fail one after another, or find a process that hides; a job can end the
   * process that measures.
   */
  private static final int MOST_FAILURES = 10;

  private final AgentRunSettings settings;
  private long pause = SHORTEST_PAUSE;

  /** What everybody but the run has taken when it was least. */
  private long before = Long.MAX_VALUE;

  private int failures;
  private int hidings;

  ResourceWatch(AgentRunSettings settings) {
    this.settings = settings;
  }

  /** Nanoseconds until the next look. */
  long pause() {
    return pause;
  }

  /**
   * What a run has.
   *
   * @param disk bytes that can be seen
   * @param files files and folders
   * @param memory bytes
   * @param hidden processes that keep to themselves what they have open
   * @param sent places where something may be that nobody can see: sockets in which something open
   *     is on its way, folders that are closed to their own user
   * @param byAll bytes of the disks, and of memory for files, that everybody together has taken
   */
  record Taken(long disk, long files, long memory, long hidden, long sent, long byAll) {}

  /** Looks at a run. */
  interface Measure {
    Taken take() throws IOException;
  }

  /**
   * Whether a run may have more than it shows. Programs hand each other connections and terminals,
   * and may be slow to take them: that alone hides nothing while no more has been taken of the
   * machine since the run began than the run may have.
   */
  private boolean hides(Taken taken) {
    before = Math.min(before, taken.byAll() - taken.disk());
    boolean couldBeMore = taken.byAll() - before > settings.diskBytes();
    return taken.hidden() > 0 || taken.sent() > 0 && couldBeMore;
  }

  /** Which limit the run does not keep to, if any. */
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
      began = System.nanoTime(); // whoever hinders it gains no time
      return ++failures < MOST_FAILURES ? Optional.empty() : Optional.of(StopReason.UNMEASURED);
    } finally {
      pause = Math.max(SHORTEST_PAUSE, PAUSE_PER_COUNT * (System.nanoTime() - began));
    }
  }
}
