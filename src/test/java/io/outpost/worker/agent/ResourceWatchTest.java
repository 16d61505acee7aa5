package io.outpost.worker.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** A job that cannot be measured is stopped, and none that could be again in time. */
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

  /** A server that is slow to take the connections that its parent hands to it. */
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

  /** What others gave back meanwhile is no room to hide in. */
  @Test
  void whatOthersGaveBackDoesNotCountForIt() {
    assertThat(watch.exceeded(() -> sending(0))).isEmpty();
    assertThat(watch.exceeded(() -> sending(-2 * limit))).isEmpty();
    for (int i = 1; i < 10; i++) {
      assertThat(watch.exceeded(() -> sending(1 - limit))).isEmpty();
    }
    assertThat(watch.exceeded(() -> sending(1 - limit))).contains(StopReason.UNMEASURED);
  }

  /** Something on its way, and so much more taken of the machine than at first. */
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
