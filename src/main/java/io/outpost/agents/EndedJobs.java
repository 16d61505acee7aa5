package io.outpost.agents;

import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Sums the job counts of workers, which each count from their own start. Workers come and go, but
 * the sum only grows. Used by one thread at a time.
 */
final class EndedJobs {

  /** The last report of each worker. */
  private final Map<String, Long> last = new HashMap<>();

  private boolean hasHeard;
  private long sum;

  /**
   * The sum, of which only differences are meaningful; empty when not all workers report a count.
   *
   * @param told reports by worker; empty for a worker of the previous release
   */
  OptionalLong add(Map<String, OptionalLong> told) {
    told.forEach(
        (worker, count) -> {
          // For workers that started before us, the part before our start is unknown.
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
