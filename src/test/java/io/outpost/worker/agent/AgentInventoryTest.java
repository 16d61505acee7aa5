package io.outpost.worker.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.agents.AgentCatalogue;
import io.outpost.agents.SearchPath;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** At start the log says which agents a worker can run, and why it cannot run the others. */
@ExtendWith(OutputCaptureExtension.class)
class AgentInventoryTest {

  @TempDir(factory = TestConfinement.Passable.class)
  Path folder;

  @Test
  void anAgentIsUsableWhenItsVersionCheckRuns(CapturedOutput log) throws Exception {
    program("good", "[ \"$1\" = --version ] && echo good 1.2.3");
    program("broken", "exit 1");
    AgentInventory inventory = inventory("good", "broken", "absent");
    assertThat(inventory.usable()).isEmpty();
    inventory.check();
    assertThat(inventory.usable()).containsExactly("good");
    assertThat(log)
        .contains("Agent good: good 1.2.3 (" + folder.resolve("good") + ")")
        .contains(
            "Agent broken: not usable here: "
                + folder.resolve("broken")
                + " cannot run as the user of agents")
        .contains("Agent absent: not usable here: absent is not installed");
  }

  @Test
  void whatTheWorkerOwnsAndAgentsCanReadIsWarnedOf(CapturedOutput log) throws Exception {
    AgentInventory inventory = inventory("any");
    inventory.warnIfReadable(JobDirectories.newFile(folder.resolve("private")));
    Path open =
        Files.createFile(
            folder.resolve("open"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r--r--")));
    inventory.warnIfReadable(open);
    assertThat(log).contains("Agents can read " + open);
    if (Isolation.isRoot()) {
      assertThat(log).doesNotContain("Agents can read " + folder.resolve("private"));
    }
  }

  private AgentInventory inventory(String... names) throws Exception {
    AgentCatalogue catalogue =
        AgentCatalogue.of(Stream.of(names).map(AgentInventoryTest::file).toList());
    SearchPath programs = new SearchPath(folder + ":/usr/bin:/bin");
    AgentLauncher launcher =
        new AgentLauncher(
            programs,
            TestConfinement.SETTINGS,
            new Isolation(TestConfinement.SETTINGS).slots(folder.resolve("jobs")));
    return new AgentInventory(catalogue, programs, launcher);
  }

  private static Map.Entry<String, String> file(String name) {
    String text =
        """
        name: NAME
        title: Agent NAME
        command: [NAME]
        provider_variables: [KEY]
        time_limit: PT1M
        version: [NAME, --version]
        """;
    return Map.entry(name + ".yaml", text.replace("NAME", name));
  }

  private void program(String name, String script) throws Exception {
    Path file = Files.write(folder.resolve(name), List.of("#!/bin/sh", script));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
