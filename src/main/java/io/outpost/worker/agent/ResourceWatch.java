package io.outpost.worker.agent;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Enforces the limits of a run's memory and disk in total by measuring them periodically, because
 * the kernel limits only single processes and files. For one run and one thread.
 */
final class ResourceWatch {

  private static final Logger LOG = LoggerFactory.getLogger(ResourceWatch.class);
  private static final long SHORTEST_PAUSE = TimeUnit.SECONDS.toNanos(1);

  /**
   * A pause lasts this many times as long as the measurement before it, because counting a large
   * tree of files is expensive.
   */
  private static final int PAUSE_PER_COUNT = 20;

  /**
   * How many measurements in a row may fail or find hidden files. A job can kill the measuring
   * process.
   */
  private static final int MOST_FAILURES = 10;

  private final AgentRunSettings settings;
  private long pause = SHORTEST_PAUSE;

  /** The lowest measured use of the machine by everything except the run. */
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
   * @param disk bytes of visible files
   * @param files number of files and folders
   * @param memory bytes of memory
   * @param hidden number of processes that hide their open files
   * @param sent number of places that cannot be looked into: sockets with open files in transit,
   *     folders that their own user cannot read
   * @param byAll bytes that all users together use of the disks, and of memory for files
   */
  record Taken(long disk, long files, long memory, long hidden, long sent, long byAll) {}

  /** Measures a run. */
  interface Measure {
    Taken take() throws IOException;
  }

  /**
   * Whether a run may use more disk than is visible. Harmless programs also send each other open
   * files, such as connections and terminals, and may be slow to receive them; so {@code sent}
   * counts only when the machine has lost more space since the run's start than the run may use.
   */
  private boolean hides(Taken taken) {
    before = Math.min(before, taken.byAll() - taken.disk());
    boolean couldBeMore = taken.byAll() - before > settings.diskBytes();
    return taken.hidden() > 0 || taken.sent() > 0 && couldBeMore;
  }

  /** The reason to stop the run when it exceeds a limit. */
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
      began = System.nanoTime(); // a run that obstructs the measurement gets no longer pause
      return ++failures < MOST_FAILURES ? Optional.empty() : Optional.of(StopReason.UNMEASURED);
    } finally {
      pause = Math.max(SHORTEST_PAUSE, PAUSE_PER_COUNT * (System.nanoTime() - began));
    }
  }
}
