package io.outpost.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/**
 * Bounds how often the output of an unwatched job is stored, because each time is a write to S3.
 */
class OutputPaceTest {

  private final OutputPace pace =
      new OutputPace(
          new WorkerSettings(
              1,
              Duration.ofMinutes(1),
              Path.of("/"),
              Duration.ZERO,
              3,
              Duration.ofSeconds(5),
              Duration.ofSeconds(1),
              Duration.ofSeconds(30),
              Duration.ofMillis(250)));

  /** Pauses of a tenth of the run's age, at least ten seconds, would mean 55 writes. */
  @Test
  void fiveMinutesAreStoredTwoDozenTimes() {
    assertThat(stored(Duration.ofMinutes(5))).isBetween(20, 28);
    assertThat(stored(Duration.ofHours(1))).isLessThan(140);
  }

  @Test
  void noMoreThanAQuarterOfARunOrHalfAMinuteIsUnstored() {
    assertThat(pace.unwatched(Duration.ofMillis(100))).isEqualTo(Duration.ofSeconds(1));
    assertThat(pace.unwatched(Duration.ofSeconds(40))).isEqualTo(Duration.ofSeconds(10));
    assertThat(pace.unwatched(Duration.ofHours(3))).isEqualTo(Duration.ofSeconds(30));
  }

  private int stored(Duration run) {
    var times = 0;
    for (var age = Duration.ZERO; age.compareTo(run) < 0; age = age.plus(pace.unwatched(age))) {
      times++;
    }
    return times;
  }
}
