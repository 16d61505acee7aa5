package io.outpost.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The metrics of objectives count exactly what took longer than promised. */
class ObjectiveTest {

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

  @Test
  void whatTakesLongerThanIsPromisedIsMissed() {
    for (var millis : new int[] {1, 50, 51, 5000}) {
      Objective.AUTH.took(meters, Duration.ofMillis(millis));
    }
    assertThat(count(Metric.OBJECTIVES_MEASURED, "auth")).isEqualTo(4);
    assertThat(count(Metric.OBJECTIVES_MISSED, "auth")).isEqualTo(2);
  }

  @Test
  void aCounterOfMissesIsThereBeforeTheFirst() {
    Objective.AUDIT.took(meters, Duration.ZERO);
    assertThat(count(Metric.OBJECTIVES_MISSED, "audit")).isZero();
  }

  /** The alarms use this name. */
  @Test
  void aNameOfSeveralWordsHasDashes() {
    Objective.END_TO_END.missed(meters);
    assertThat(count(Metric.OBJECTIVES_MISSED, "end-to-end")).isOne();
    assertThat(count(Metric.OBJECTIVES_MEASURED, "end-to-end")).isOne();
  }

  private double count(Metric metric, String objective) {
    return meters.get(metric.id()).tag("objective", objective).counter().count();
  }
}
