package io.outpost.worker.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.outpost.agents.Agent;
import io.outpost.agents.AgentCatalogue;
import io.outpost.agents.SearchPath;
import io.outpost.kernel.Ids;
import io.outpost.worker.agent.AgentRunSettings.SandboxUse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.core.io.ClassPathResource;
import org.springframework.util.unit.DataSize;

/**
 * The real programs, with the command lines of the catalogue, talk to a model on loopback and end
 * in success. Those that are not installed are skipped; {@code .ci/agents} installs what npm
 * serves.
 */
@Tag("product")
class RealAgentsTest {

  private static final String KEY = "sk-ant-canary-0123456789abcdef";

  private static final String GEMINI_SETTINGS =
      "{\"security\": {\"auth\": {\"selectedType\": \"gemini-api-key\"}}}";

  static final SearchPath PROGRAMS =
      new SearchPath(
          String.join(
              ":",
              "/opt/outpost-agents/node_modules/.bin",
              System.getProperty("user.home") + "/.cache/outpost-agents/node_modules/.bin",
              System.getenv("PATH")));

  @TempDir(factory = TestConfinement.Passable.class)
  Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"claude", "codex", "gemini", "grok"})
  void itAnswersWithItsOwnUserAlone(String name) throws Exception {
    answers(name, SandboxUse.OFF);
  }

  @ParameterizedTest
  @ValueSource(strings = {"claude", "codex", "gemini", "grok"})
  void itAnswersInASandbox(String name) throws Exception {
    TestConfinement.sandboxed().close();
    answers(name, SandboxUse.AUTO);
  }

  @Test
  void aiderIsInstalledWhenItsFlagsCanBeChecked() throws Exception {
    assumeInstalled("aider");
    AgentRunSettings settings = settings(SandboxUse.OFF);
    try (Slots slots = new Isolation(settings).slots(directory)) {
      AgentLauncher launcher = new AgentLauncher(PROGRAMS, settings, slots);
      Agent help = changed(catalogued("aider"), List.of("aider", "--help"), Map.of());
      AgentProcess process = launcher.start(launch(help, launcher));
      assertThat(AgentRun.endOf(process).succeeded()).isTrue();
      assertThat(Files.readString(process.output()))
          .contains(
              catalogued("aider").command().stream()
                  .filter(part -> part.startsWith("--"))
                  .toList());
    }
  }

  private void answers(String name, SandboxUse sandbox) throws Exception {
    assumeInstalled(name);
    try (StubModels models = new StubModels();
        Slots slots = new Isolation(settings(sandbox)).slots(directory)) {
      AgentLauncher launcher = new AgentLauncher(PROGRAMS, settings(sandbox), slots);
      AgentProcess process = launcher.start(launch(pointedAt(models, catalogued(name)), launcher));
      AgentResult result = AgentRun.endOf(process);
      String output = Files.readString(process.output());
      assertThat(result.succeeded()).as(output).isTrue();
      assertThat(output).contains(StubModels.ANSWER).doesNotContain(KEY);
      assertThat(result.usage().map(AgentUsage::inputTokens)).hasValue(StubModels.INPUT_TOKENS);
      assertThat(result.usage().map(AgentUsage::outputTokens)).hasValue(StubModels.OUTPUT_TOKENS);
      assertThat(models.requests())
          .anySatisfy(request -> assertThat(request).contains("six times seven", KEY));
    }
  }

  static void assumeInstalled(String name) {
    assumeTrue(
        PROGRAMS.find(name).isPresent(),
        "SKIPPED: " + name + " is not installed; .ci/agents installs what npm serves");
  }

  private static AgentLaunch launch(Agent agent, AgentLauncher launcher) throws IOException {
    Map<String, String> keys = Map.of(agent.providerVariables().getFirst(), KEY);
    return new AgentLaunch(
        agent,
        "What is six times seven?",
        launcher.open(Ids.unguessable(), 0),
        keys,
        Map.of(),
        Duration.ofMinutes(4));
  }

  /** Limits as in production. */
  private static AgentRunSettings settings(SandboxUse sandbox) {
    return new AgentRunSettings(
        Path.of("/nowhere"),
        60_000,
        sandbox,
        DataSize.ofMegabytes(10),
        1000,
        DataSize.ofGigabytes(4),
        DataSize.ofGigabytes(5),
        1_000_000,
        DataSize.ofGigabytes(1),
        4096);
  }

  private static Agent catalogued(String name) throws IOException {
    String file = name + ".yaml";
    String text =
        new ClassPathResource("agents/" + file).getContentAsString(StandardCharsets.UTF_8);
    return AgentCatalogue.of(List.of(Map.entry(file, text))).find(name).orElseThrow();
  }

  /** The same command line, with the provider's address set the way the program offers. */
  private static Agent pointedAt(StubModels models, Agent agent) {
    return switch (agent.name()) {
      case "claude" ->
          changed(agent, agent.command(), Map.of("ANTHROPIC_BASE_URL", models.address()));
      case "codex" -> {
        List<String> command = new ArrayList<>(agent.command());
        command.addAll(2, List.of("--config", "openai_base_url=" + models.address() + "/v1"));
        yield changed(agent, command, Map.of());
      }
      // Told of another address, gemini expects a gateway's credentials unless its settings say
      // otherwise.
      case "gemini" ->
          changed(
              agent,
              after(
                  "mkdir ~/.gemini; echo '" + GEMINI_SETTINGS + "' > ~/.gemini/settings.json",
                  agent.command()),
              Map.of("GOOGLE_GEMINI_BASE_URL", models.address()));
      default ->
          changed(agent, agent.command(), Map.of("GROK_MODELS_BASE_URL", models.address() + "/v1"));
    };
  }

  private static List<String> after(String script, List<String> command) {
    List<String> all = new ArrayList<>(List.of("/bin/sh", "-c", script + "; exec \"$@\"", "sh"));
    all.addAll(command);
    return all;
  }

  private static Agent changed(Agent agent, List<String> command, Map<String, String> environment) {
    Map<String, String> all = new HashMap<>(agent.environment());
    all.putAll(environment);
    return new Agent(
        agent.name(),
        agent.title(),
        command,
        agent.model(),
        agent.providerVariables(),
        agent.login(),
        all,
        agent.timeLimit(),
        agent.version(),
        agent.successCodes(),
        agent.usage(),
        false);
  }
}
