package io.outpost.worker.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.outpost.blackbox.Client;
import io.outpost.local.LocalOutpost;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.core.io.ClassPathResource;

/**
 * Jobs over HTTP that the real programs run, with the tenant's own provider keys, against a model
 * on loopback.
 */
@Tag("product")
class RealAgentJobsTest {

  private static final YAMLMapper YAML = new YAMLMapper();
  private static final String KEY = "sk-ant-canary-fedcba9876543210";

  @TempDir Path folder;

  @Test
  void claudeAndCodexAnswerAndTheirKeysAreNowhere() throws Exception {
    RealAgentsTest.assumeInstalled("claude");
    RealAgentsTest.assumeInstalled("codex");
    try (StubModels models = new StubModels()) {
      describeClaude(models);
      describeCodex(models);
      try (LocalOutpost outpost = LocalOutpost.start(Optional.empty(), settings())) {
        Client operator = Client.of(outpost.address()).with(outpost.adminKey());
        Client tenant = tenantWithKeys(operator);
        for (String agent : new String[] {"claude", "codex"}) {
          var job = ended(tenant, tenant.submit(agent, "What is six times seven?"));
          String output = tenant.get("/jobs/" + job.get("job_id").asText() + "/output").body();
          assertThat(job.get("status").asText()).as(output).isEqualTo("succeeded");
          assertThat(output).contains(StubModels.ANSWER).doesNotContain(KEY);
        }
      }
      assertThat(models.requests())
          .anySatisfy(request -> assertThat(request).contains("/messages", KEY));
      assertThat(models.requests())
          .anySatisfy(request -> assertThat(request).contains("/responses", KEY));
    }
  }

  /** Real programs take their time to start on a busy machine. */
  private static JsonNode ended(Client tenant, String job) {
    return await()
        .pollInterval(Duration.ofMillis(200))
        .until(
            () -> tenant.get("/jobs/" + job).json(),
            found -> !found.path("status").asText().matches("pending|running"));
  }

  private Map<String, Object> settings() {
    return Map.of(
        "server.port",
        0,
        "outpost.agents.folder",
        folder.toString(),
        "outpost.agents.path",
        RealAgentsTest.PROGRAMS.folders(),
        "outpost.agents.demo",
        "missing");
  }

  private static Client tenantWithKeys(Client operator) {
    var tenant =
        operator
            .post("/tenants", "{\"name\":\"Real\",\"email\":\"a@example.com\"}")
            .text("tenant_id");
    for (String variable : new String[] {"ANTHROPIC_API_KEY", "OPENAI_API_KEY"}) {
      var kept =
          operator.send(
              "PUT",
              "/tenants/" + tenant + "/secrets/" + variable,
              Map.of("Content-Type", "application/json"),
              BodyPublishers.ofString("{\"value\":\"" + KEY + "\"}"));
      assertThat(kept.status()).as(kept.body()).isEqualTo(204);
    }
    return operator.with(
        operator.post("/tenants/" + tenant + "/api-keys", "{\"name\":\"k\"}").text("key"));
  }

  private void describeClaude(StubModels models) throws IOException {
    ObjectNode claude = catalogued("claude.yaml");
    ((ObjectNode) claude.get("environment")).put("ANTHROPIC_BASE_URL", models.address());
    YAML.writeValue(folder.resolve("claude.yaml").toFile(), claude);
  }

  private void describeCodex(StubModels models) throws IOException {
    ObjectNode codex = catalogued("codex.yaml");
    ArrayNode command = (ArrayNode) codex.get("command");
    command.insert(2, "--config").insert(3, "openai_base_url=" + models.address() + "/v1");
    YAML.writeValue(folder.resolve("codex.yaml").toFile(), codex);
  }

  private static ObjectNode catalogued(String file) throws IOException {
    try (var in = new ClassPathResource("agents/" + file).getInputStream()) {
      return (ObjectNode) YAML.readTree(in);
    }
  }
}
