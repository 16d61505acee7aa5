package io.outpost.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Jobs that fail together, for example because of DNS, are retried at different times. */
class P23JobsAreRetriedApartTest {

  private static final Duration ANY = Duration.ofSeconds(1);

  private final JobRequeuer requeuer =
      new JobRequeuer(
          null,
          new WorkerSettings(1, ANY, Path.of("."), ANY, 3, Duration.ofSeconds(40), ANY, ANY, ANY));

  @Test
  void eachWaitsAtRandomAndLongerTheNextTime() {
    for (var attempts : new int[] {1, 2}) {
      var least = attempts == 1 ? 40 : 160;
      var delays =
          IntStream.range(0, 200)
              .mapToObj(i -> requeuer.delay(attempts))
              .collect(Collectors.toSet());
      assertThat(delays).hasSizeGreaterThan(3);
      assertThat(delays).allMatch(delay -> delay >= least && delay <= least + least / 4);
    }
    assertThat(requeuer.delay(9)).isEqualTo(900);
  }
}
