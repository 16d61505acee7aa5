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
  private int failures;
  private int hidings;

  ResourceWatch(AgentRunSettings settings) {
    this.settings = settings;
  }

  /** Nanoseconds until the next look. */
  long pause() {
    return pause;
  }

  /** Bytes on disk, files and folders, bytes of memory, processes that hide what they have. */
  interface Measure {
    long[] take() throws IOException;
  }

  /** Which limit the run does not keep to, if any. */
  Optional<StopReason> exceeded(Measure measure) {
    long began = System.nanoTime();
    try {
      long[] taken = measure.take();
      failures = 0;
      hidings = taken[3] > 0 ? hidings + 1 : 0;
      if (taken[2] > settings.memoryBytes()) {
        return Optional.of(StopReason.MEMORY_LIMIT);
      }
      if (taken[0] > settings.diskBytes() || taken[1] > settings.files()) {
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
