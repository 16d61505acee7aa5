package io.outpost.worker.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** A job that cannot be measured is stopped, and none that could be again in time. */
class ResourceWatchTest {

  private final ResourceWatch watch =
      new ResourceWatch(TestConfinement.fileSettings(AgentRunSettings.SandboxUse.OFF));

  @Test
  void aJobWhoseProcessesHideIsStoppedWhenItWasSeenTenTimes() {
    for (int i = 1; i < 10; i++) {
      assertThat(watch.exceeded(() -> new long[] {1, 1, 1, 2})).isEmpty();
    }
    assertThat(watch.exceeded(() -> new long[] {1, 1, 1, 0})).as("it ended").isEmpty();
    for (int i = 1; i < 10; i++) {
      assertThat(watch.exceeded(() -> new long[] {1, 1, 1, 1})).isEmpty();
    }
    assertThat(watch.exceeded(() -> new long[] {1, 1, 1, 1})).contains(StopReason.UNMEASURED);
  }

  @Test
  void soIsOneThatEndsWhoMeasuresIt() {
    ResourceWatch.Measure fails =
        () -> {
          throw new IOException("it was killed");
        };
    for (int i = 1; i < 10; i++) {
      assertThat(watch.exceeded(fails)).isEmpty();
    }
    assertThat(watch.exceeded(fails)).contains(StopReason.UNMEASURED);
  }
}
