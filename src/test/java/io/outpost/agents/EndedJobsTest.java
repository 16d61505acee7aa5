package io.outpost.agents;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/**
 * The sum counts the jobs that all workers ended since the first reading, even as workers come and
 * go.
 */
class EndedJobsTest {

  private final EndedJobs ended = new EndedJobs();

  @Test
  void whatEndedSinceIsAddedUp() {
    var first = sum(Map.of("a", 1000L, "b", 50L));
    assertThat(sum(Map.of("a", 1003L, "b", 51L)) - first).isEqualTo(4);
    assertThat(sum(Map.of("a", 1003L, "b", 51L, "new", 2L)) - first).as("one began").isEqualTo(6);
    assertThat(sum(Map.of("a", 1004L, "new", 2L)) - first).as("one is gone").isEqualTo(7);
  }

  @Test
  void nothingIsKnownWhereOneDoesNotCount() {
    assertThat(ended.add(Map.of())).isEmpty();
    assertThat(ended.add(Map.of("a", OptionalLong.of(3), "old", OptionalLong.empty()))).isEmpty();
    var first = sum(Map.of("a", 3L));
    assertThat(sum(Map.of("a", 5L)) - first).isEqualTo(2);
  }

  private long sum(Map<String, Long> told) {
    var all = new HashMap<String, OptionalLong>();
    told.forEach((worker, count) -> all.put(worker, OptionalLong.of(count)));
    return ended.add(all).orElseThrow();
  }
}
