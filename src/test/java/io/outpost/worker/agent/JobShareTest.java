package io.outpost.worker.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.outpost.worker.agent.JobShare.DoesNotFitException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.unit.DataSize;

/** All slots at their limits fit beside the worker, or it does not start and says why. */
class JobShareTest {

  private static final long GB = DataSize.ofGigabytes(1).toBytes();

  @Test
  void whatIsLeftOpenFollowsFromTheMachine() {
    AgentRunSettings complete = new JobShare(16 * GB, 2 * GB, 60 * GB, 50 * GB, 5).complete(open());
    assertThat(complete.memory().toMegabytes()).isEqualTo((14 * 1024 - 768) / 5);
    assertThat(complete.disk().toBytes()).isEqualTo(10 * GB - open().output().toBytes());
    assertThat(complete.files()).isEqualTo(TestConfinement.SETTINGS.files());
  }

  @Test
  void memoryThatIsNotThereIsRefusedInOneLineWithSettingAndRemedy() {
    AgentRunSettings wanted = open().with(DataSize.ofGigabytes(4), DataSize.ofGigabytes(1));
    assertThatThrownBy(() -> new JobShare(8 * GB, 2 * GB, 60 * GB, 50 * GB, 4).complete(wanted))
        .isInstanceOf(DoesNotFitException.class)
        .message()
        .contains("OUTPOST_WORKER_MEMORY_LIMIT", "OUTPOST_WORKER_SLOTS", "at most 1344MB")
        .doesNotContain("\n");
    assertThatThrownBy(() -> new JobShare(GB, GB, 60 * GB, 50 * GB, 4).complete(open()))
        .hasMessageContaining("fewer slots");
  }

  @Test
  void diskThatIsNotThereIsRefusedToo() {
    AgentRunSettings wanted = open().with(DataSize.ofGigabytes(1), DataSize.ofGigabytes(20));
    assertThatThrownBy(() -> new JobShare(16 * GB, 2 * GB, 60 * GB, 50 * GB, 4).complete(wanted))
        .isInstanceOf(DoesNotFitException.class)
        .message()
        .contains("OUTPOST_WORKER_DISK_LIMIT", "20480MB")
        .doesNotContain("\n");
  }

  @Property
  void whatStartsFits(
      @ForAll @IntRange(min = 1, max = 64) int slots,
      @ForAll @IntRange(min = 1, max = 256) int memory,
      @ForAll @IntRange(min = 1, max = 256) int disk) {
    JobShare share = new JobShare(memory * GB, memory * GB / 8, disk * GB, disk * GB / 2, slots);
    try {
      AgentRunSettings complete = share.complete(open());
      assertThat(complete.memory().toBytes() * slots + share.heap()).isLessThan(memory * GB);
      assertThat(complete.disk().toBytes() * slots).isLessThanOrEqualTo(disk * GB);
    } catch (DoesNotFitException e) {
      assertThat(e).hasMessageContaining("OUTPOST_WORKER_SLOTS");
    }
  }

  @Test
  void theLimitOfAControlGroupIsTheMachine(@TempDir Path directory) throws Exception {
    JobShare here = JobShare.here(directory, 4);
    assertThat(here.memory()).isPositive().isLessThanOrEqualTo(memoryOfSystem());
    assertThat(here.disk()).isGreaterThanOrEqualTo(here.free());
  }

  private static long memoryOfSystem() throws IOException {
    Process free =
        new ProcessBuilder(List.of("awk", "/MemTotal/ {print $2}", "/proc/meminfo")).start();
    return Long.parseLong(
            new String(free.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip())
        * 1024;
  }

  private static AgentRunSettings open() {
    return TestConfinement.SETTINGS.with(null, null);
  }
}
