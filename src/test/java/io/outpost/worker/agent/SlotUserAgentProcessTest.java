package io.outpost.worker.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Agents run as a user of their slot. */
@Tag("product")
class SlotUserAgentProcessTest extends AgentProcessContract {

  @Override
  Confinement confine() throws IOException {
    return TestConfinement.slotUsers();
  }

  @Test
  void anAgentAfterItsLoginEndsWhenItsFilesAreRemoved() throws Exception {
    String mark = Long.toString(System.nanoTime());
    AgentRun run =
        AgentRun.script(slots, "echo up; exec sleep " + mark)
            .keys(Map.of("SECOND_KEY", "k-12345"))
            .limit(Duration.ofSeconds(20));
    AgentProcess process = run.start(withLogin(run, "true"));
    await().until(() -> process.outputBytes() > 0 && sleepers(mark) == 1);
    run.cleanUp();
    assertThat(sleepers(mark)).isZero();
    assertThat(process.awaitChange(Duration.ofMinutes(1))).isTrue();
  }

  @Test
  void aRunThatIsNotYetTheSlotsUserMayStillMakeArtifacts() throws Exception {
    try (JobFiles files = slots.open("early", 0)) {
      Process early = new ProcessBuilder("cat").start();
      try {
        files.kill(early.toHandle());
        assertThat(files.isWithoutArtifacts()).isFalse();
      } finally {
        early.destroyForcibly().waitFor();
      }
      files.kill(early.toHandle());
      assertThat(files.isWithoutArtifacts()).isTrue();
    }
  }
}
