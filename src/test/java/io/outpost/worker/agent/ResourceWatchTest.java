package io.outpost.worker.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/**
 * A job that cannot be measured for too long is stopped; a short failure of measuring is tolerated.
 */
class ResourceWatchTest {

  private final ResourceWatch watch =
      new ResourceWatch(TestConfinement.fileSettings(AgentRunSettings.SandboxUse.OFF));

  private final long limit =
      TestConfinement.fileSettings(AgentRunSettings.SandboxUse.OFF).diskBytes();

  @Test
  void aJobWhoseProcessesHideIsStoppedWhenItWasSeenTenTimes() {
    for (int i = 1; i < 10; i++) {
      assertThat(watch.exceeded(() -> hiding(2))).isEmpty();
    }
    assertThat(watch.exceeded(() -> hiding(0))).as("it ended").isEmpty();
    for (int i = 1; i < 10; i++) {
      assertThat(watch.exceeded(() -> hiding(1))).isEmpty();
    }
    assertThat(watch.exceeded(() -> hiding(1))).contains(StopReason.UNMEASURED);
  }

  private static ResourceWatch.Taken hiding(long processes) {
    return new ResourceWatch.Taken(1, 1, 1, processes, 0, 1);
  }

  /** A server process that is slow to accept the connections from its parent. */
  @Test
  void aJobThatLeavesDescriptorsOnTheirWayGoesOnWhileNobodyTakesTheDisk() {
    for (long taken = 0; taken <= limit; taken += limit / 100) {
      var look = sending(taken);
      assertThat(watch.exceeded(() -> look)).isEmpty();
    }
  }

  @Test
  void oneThatCouldHideMoreThanItMayHaveIsStopped() {
    assertThat(watch.exceeded(() -> sending(0))).isEmpty();
    for (int i = 1; i < 10; i++) {
      assertThat(watch.exceeded(() -> sending(limit + 1))).isEmpty();
    }
    assertThat(watch.exceeded(() -> sending(limit + 1))).contains(StopReason.UNMEASURED);
  }

  /** Memory that other jobs freed meanwhile does not hide the job's use. */
  @Test
  void whatOthersGaveBackDoesNotCountForIt() {
    assertThat(watch.exceeded(() -> sending(0))).isEmpty();
    assertThat(watch.exceeded(() -> sending(-2 * limit))).isEmpty();
    for (int i = 1; i < 10; i++) {
      assertThat(watch.exceeded(() -> sending(1 - limit))).isEmpty();
    }
    assertThat(watch.exceeded(() -> sending(1 - limit))).contains(StopReason.UNMEASURED);
  }

  /** A measurement with files in transit and this much more memory in use than at first. */
  private ResourceWatch.Taken sending(long more) {
    return new ResourceWatch.Taken(1, 1, 1, 0, 1, 10 * limit + more);
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
