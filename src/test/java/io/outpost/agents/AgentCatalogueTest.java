package io.outpost.agents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.springframework.boot.convert.ApplicationConversionService;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * A faulty agent file stops the start, and the message names the file and the field. A new agent
 * needs only a file.
 */
class AgentCatalogueTest {

  private static final String SIXTH =
      """
      name: sixth
      title: The sixth agent
      command: [sixth-agent, --model, "{model}"]
      model: big
      provider_variables: [SIXTH_API_KEY]
      time_limit: PT10M
      version: [sixth-agent, --version]
      """;

  private static final ApplicationContextRunner CONTEXT =
      new ApplicationContextRunner()
          .withInitializer(AgentCatalogueTest::convertAsTheApplicationDoes)
          .withUserConfiguration(AgentsConfiguration.class);

  @Test
  void theJarBringsTheFiveAgents() {
    CONTEXT.run(
        context ->
            assertThat(context.getBean(AgentCatalogue.class).names())
                .containsExactly("aider", "claude", "codex", "gemini", "grok"));
  }

  @Test
  void aSixthAgentIsAFile() {
    AgentCatalogue catalogue = catalogue("sixth.yaml", SIXTH);
    assertThat(catalogue.names()).containsExactly("sixth");
    assertThat(catalogue.providerVariables()).containsExactly("SIXTH_API_KEY");
    Agent agent = catalogue.find("sixth").orElseThrow();
    assertThat(agent.successCodes()).containsExactly(0);
    assertThat(agent.timeLimit()).hasMinutes(10);
    assertThat(agent.login()).isEmpty();
  }

  @Test
  void everyFaultIsToldByFileAndField() {
    String faulty =
        SIXTH
            .replace(
                "command: [sixth-agent, --model, \"{model}\"]",
                "command: [sixth-agent, \"{secret}\"]")
            .replace("PT10M", "ten minutes")
            .replace("title:", "titel:");
    assertThatThrownBy(
            () ->
                AgentCatalogue.of(
                    List.of(Map.entry("sixth.yaml", faulty), Map.entry("no.yaml", "a: ["))))
        .isInstanceOf(InvalidAgentException.class)
        .hasMessageContaining("sixth.yaml: command[1]: ")
        .hasMessageContaining("sixth.yaml: time_limit: ")
        .hasMessageContaining("sixth.yaml: required property 'title' not found")
        .hasMessageContaining("titel")
        .hasMessageContaining("no.yaml: not readable as YAML: ");
  }

  @Test
  void aFileIsNamedAfterItsAgentAndAModelIsThereWhenTheCommandWantsOne() {
    assertThatThrownBy(() -> catalogue("other.yaml", SIXTH))
        .hasMessageContaining("other.yaml: name: is 'sixth'");
    assertThatThrownBy(() -> catalogue("sixth.yaml", SIXTH.replace("model: big\n", "")))
        .hasMessageContaining("sixth.yaml: model: is missing");
    assertThatThrownBy(() -> catalogue("sixth.yaml", SIXTH + "title: again\n"))
        .hasMessageContaining("Duplicate field");
    assertThatThrownBy(() -> AgentCatalogue.of(List.of()))
        .hasMessageContaining("no agent file was found");
  }

  @Test
  void aSettingReplacesTheCommandByAProgramOrAList() {
    assertThat(overridden("/opt/my agent/run").command()).containsExactly("/opt/my agent/run");
    assertThat(overridden("[\"/bin/agent\", \"-x\", \"a b\"]").command())
        .containsExactly("/bin/agent", "-x", "a b");
    assertThat(overridden("- /bin/agent\n- -x").command()).containsExactly("/bin/agent", "-x");
    assertThat(overridden("").command()).first().isEqualTo("sixth-agent");
    assertThatThrownBy(() -> overridden("[\"s3cret\","))
        .hasMessageContaining("OUTPOST_AGENT_SIXTH_COMMAND")
        .hasMessageNotContaining("s3cret");
  }

  @Test
  void aSettingReplacesTheModel() {
    Agent agent =
        catalogue("sixth.yaml", SIXTH)
            .withOverrides(Map.of("OUTPOST_AGENT_SIXTH_MODEL", "small")::get)
            .find("sixth")
            .orElseThrow();
    assertThat(agent.model()).isEqualTo("small");
    assertThat(agent.command()).first().isEqualTo("sixth-agent");
  }

  @Test
  void theDemoScriptStandsInWhereAProgramIsMissingAndNeverForAnOverriddenOne() {
    CONTEXT
        .withPropertyValues(
            "outpost.agents.demo=missing",
            "outpost.agents.path=/nowhere",
            "OUTPOST_AGENT_CODEX_COMMAND=/opt/codex")
        .run(
            context -> {
              AgentCatalogue catalogue = context.getBean(AgentCatalogue.class);
              assertThat(catalogue.find("claude").map(Agent::demo)).hasValue(true);
              assertThat(catalogue.find("codex").map(Agent::command))
                  .hasValue(List.of("/opt/codex"));
            });
    CONTEXT.run(
        context -> assertThat(context.getBean(AgentCatalogue.class).all()).noneMatch(Agent::demo));
  }

  @Test
  void anUnknownNameIsNoAgent() {
    assertThat(catalogue("sixth.yaml", SIXTH).find("seventh")).isEqualTo(Optional.empty());
  }

  private static void convertAsTheApplicationDoes(ConfigurableApplicationContext context) {
    context.getBeanFactory().setConversionService(ApplicationConversionService.getSharedInstance());
  }

  private static Agent overridden(String command) {
    return catalogue("sixth.yaml", SIXTH)
        .withOverrides(Map.of("OUTPOST_AGENT_SIXTH_COMMAND", command)::get)
        .find("sixth")
        .orElseThrow();
  }

  private static AgentCatalogue catalogue(String file, String text) {
    return AgentCatalogue.of(List.of(Map.entry(file, text)));
  }
}
