package io.outpost.worker.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.agents.Agent;
import io.outpost.agents.AgentCatalogue;
import io.outpost.agents.OfferedAgents;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.convert.ApplicationConversionService;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.context.annotation.FilterType;

/** Without installed agents the demo script replaces all of them and says so. */
class DemoAgentTest {

  @TempDir Path directory;

  @ComponentScan(
      basePackages = "io.outpost.agents",
      excludeFilters =
          @ComponentScan.Filter(type = FilterType.ASSIGNABLE_TYPE, classes = OfferedAgents.class))
  static class Catalogue {}

  @Test
  void everyAgentOfTheCatalogueHasItsDemoWhichSaysWhatItWasAsked() {
    new ApplicationContextRunner()
        .withInitializer(
            context ->
                context
                    .getBeanFactory()
                    .setConversionService(ApplicationConversionService.getSharedInstance()))
        .withUserConfiguration(Catalogue.class)
        .withPropertyValues("outpost.agents.demo=always")
        .run(
            context -> {
              for (Agent agent : context.getBean(AgentCatalogue.class).all()) {
                AgentRun run = AgentRun.script(slots(), "").task("write $HOME a `poem`");
                assertThat(AgentRun.endOf(run.start(agent)).succeeded()).isTrue();
                assertThat(run.output())
                    .contains(
                        "demo " + agent.name() + ": no model is called", "write $HOME a `poem`\n");
                assertThat(run.files().work().resolve("artifacts/task.txt"))
                    .hasContent("write $HOME a `poem`\n");
              }
            });
  }

  @Test
  void itSleepsPrintsAndFailsWhenTheTaskSaysSo() throws Exception {
    AgentRun run = demo("please sleep 1, then print 2k bytes and print the report; fail 9.");
    AgentResult result = run.toEnd();
    assertThat(result.exitCode()).isEqualTo(9);
    assertThat(result.duration()).isGreaterThan(Duration.ofSeconds(1));
    assertThat(run.output()).hasSizeBetween(2048, 2400).contains("failing with code 9");
  }

  @Test
  void itCountsItsRunsInADirectory() throws Exception {
    AgentRun twice =
        demo("twice")
            .command(List.of("/bin/sh", "-c", "/bin/sh $0 claude; /bin/sh $0 claude", script()));
    twice.toEnd();
    assertThat(twice.output()).contains("run 2 in this directory");
  }

  private AgentRun demo(String task) throws IOException {
    return AgentRun.script(slots(), "").task(task).command(List.of("/bin/sh", script(), "claude"));
  }

  private Slots slots() throws IOException {
    return TestConfinement.slots(directory, TestConfinement.sameUser());
  }

  private static String script() {
    return DemoAgentTest.class.getResource("/demo-agent.sh").getPath();
  }
}
