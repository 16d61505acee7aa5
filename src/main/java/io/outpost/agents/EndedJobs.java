package io.outpost.agents;

import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Adds up the jobs that have ended on all workers. Each worker counts from its own start; workers
 * come and go, but this sum only grows. Used by one thread at a time.
 */
final class EndedJobs {

  /** The last report of each worker. */
  private final Map<String, Long> last = new HashMap<>();

  private boolean hasHeard;
  private long sum;

  /**
   * Adds new reports and returns the sum, of which only differences are meaningful; empty when not
   * all workers report a count.
   *
   * @param told the count of each worker; empty for a worker of the previous release
   */
  OptionalLong add(Map<String, OptionalLong> told) {
    told.forEach(
        (worker, count) -> {
          // A worker of the first reading may have ended jobs before this container started; those
          // do not count.
          var sinceThen = hasHeard ? 0L : count.orElse(0);
          var before = last.getOrDefault(worker, sinceThen);
          last.put(worker, count.orElse(before));
          sum += Math.max(0, count.orElse(0) - before);
        });
    last.keySet().retainAll(told.keySet());
    hasHeard = true;
    var allCount = !told.isEmpty() && told.values().stream().allMatch(OptionalLong::isPresent);
    return allCount ? OptionalLong.of(sum) : OptionalLong.empty();
  }
}
