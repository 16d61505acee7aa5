package io.outpost.worker.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.worker.agent.AgentRunSettings.SandboxUse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A worker without root, as on a developer's machine, survives its agents and says what it cannot
 * keep from them.
 */
@Tag("product")
class P17AgentsOfANormalUserTest {

  @TempDir(factory = TestConfinement.Passable.class)
  Path directory;

  @Test
  void hostileJobsAreContainedAndTheMissingIsolationIsTold() throws Exception {
    assertThat(asNormalUser(SandboxUse.OFF))
        .doesNotContainEntry("fork-bomb", "exit 0")
        .containsEntry("ignores-term", "TIME_LIMIT")
        .containsEntry("fills-disk", "DISK_LIMIT")
        .containsEntry("prints-much", "exit 5, output cut")
        .containsEntry("daemonizes", "exit 0")
        .containsEntry("daemons left", "0")
        .containsEntry("signals", "exit 0")
        .containsEntry("keyrings", "refused")
        .containsEntry("next", "exit 0")
        .hasEntrySatisfying("confinement", text -> assertThat(text).contains("NOT ISOLATED"));
  }

  @Test
  void withASandboxTheWorkersProcessIsOutOfReachToo() throws Exception {
    TestConfinement.sandboxed().close();
    assertThat(asNormalUser(SandboxUse.AUTO))
        .doesNotContainEntry("fork-bomb", "exit 0")
        .containsEntry("daemons left", "0")
        .containsEntry("worker's environment", "out of reach")
        .containsEntry("signals", "exit 0")
        .containsEntry("keyrings", "refused")
        .hasEntrySatisfying("name", name -> assertThat(name).isEqualTo(nameOf(NormalUser.ID)))
        .containsEntry("next", "exit 0")
        .hasEntrySatisfying("confinement", text -> assertThat(text).contains("bubblewrap"));
  }

  private Map<String, String> asNormalUser(SandboxUse sandbox) throws Exception {
    Path jobs = Files.createDirectory(directory.resolve("jobs"));
    if (!Isolation.isRoot()) {
      return NormalUserJobs.run(jobs, sandbox);
    }
    NormalUser user = new NormalUser(directory);
    user.give(jobs);
    return user.run(NormalUserJobs.class, jobs.toString(), sandbox.name());
  }

  /** The user's name, or the one from the sandbox if it has none. */
  private static String nameOf(String user) {
    Tool asked = Tool.run(List.of("/usr/bin/id", "-un", user));
    return asked.succeeded() ? asked.output().strip() : UserNames.made(Integer.parseInt(user));
  }
}
