package io.outpost.worker.lanes;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The lanes whose queues cannot be read. Each is skipped for a while, longer after each fault, and
 * counts as empty meanwhile, so that the other lanes continue. Thread-safe.
 */
final class LaneFaults {

  static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);
  private static final Logger LOG = LoggerFactory.getLogger(LaneFaults.class);

  private final Map<String, Fault> faults = new ConcurrentHashMap<>();
  private final Clock clock;

  LaneFaults(Clock clock) {
    this.clock = clock;
  }

  private record Fault(Duration pause, Instant until) {}

  /** How long a lane is still skipped; zero when it may be read. */
  Duration pause(String queue) {
    var fault = faults.get(queue);
    var left = fault == null ? Duration.ZERO : Duration.between(clock.instant(), fault.until());
    return left.isNegative() ? Duration.ZERO : left;
  }

  /** Records a failed read; failures of reads that began together count once. */
  void failed(String queue, Exception reason) {
    var now = clock.instant();
    faults.compute(
        queue,
        (name, before) -> {
          if (before != null && now.isBefore(before.until())) {
            return before;
          }
          var pause = before == null ? FIRST_PAUSE : before.pause().multipliedBy(2);
          pause = pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE;
          LOG.warn(
              "Queue {} cannot be read; it is skipped for {} s, other lanes continue: {}",
              queue,
              pause.toSeconds(),
              reason.toString());
          return new Fault(pause, now.plus(pause));
        });
  }

  /** Records a successful read. */
  void worked(String queue) {
    if (faults.remove(queue) != null) {
      LOG.info("Queue {} can be read again", queue);
    }
  }

  /** The queues whose latest read failed. */
  Collection<String> queues() {
    return new TreeMap<>(faults).keySet();
  }
}
