package io.outpost.agents;

import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Adds up what workers count, each from its own beginning: they come and go, and the sum only
 * grows. Used by one thread at a time.
 */
final class EndedJobs {

  /** What each worker has told last. */
  private final Map<String, Long> last = new HashMap<>();

  private boolean hasHeard;
  private long sum;

  /**
   * The sum, of which only the growth means anything; empty when not all workers count.
   *
   * @param told by worker; empty for one of the release before
   */
  OptionalLong add(Map<String, OptionalLong> told) {
    told.forEach(
        (worker, count) -> {
          // How much of it is old is not known of those that were there before us.
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
