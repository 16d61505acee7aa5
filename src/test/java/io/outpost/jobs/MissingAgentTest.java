package io.outpost.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outpost.agents.OfferedAgents;
import io.outpost.blackbox.Client;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A job that no worker can run is refused when it is submitted. */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class MissingAgentTest {

  private static final Map<String, Object> SETTINGS =
      Map.of(
          "server.port", 0,
          "outpost.env", "missingagent",
          "outpost.agents.demo", "never",
          "outpost.worker.agents.first-user", 35_000,
          "outpost.agents.path", "/nowhere",
          "outpost.worker.retry-after", "100ms",
          "OUTPOST_AGENT_CLAUDE_COMMAND", "/bin/cat",
          "OUTPOST_AGENT_GROK_COMMAND", "/nowhere/grok");

  @Test
  void aJobOfAnAgentThatNoWorkerHasIsRefusedAndLeavesNothing(EmbeddedAws aws) {
    try (var outpost = LocalOutpost.on(aws.endpoints(), "local", SETTINGS)) {
      var offered = outpost.context().getBean(OfferedAgents.class);
      await("the worker's inventory").until(() -> !offered.mayRun("aider"));
      var tenant = Client.of(outpost.address()).with(outpost.adminKey()).newTenant("Missing");

      var refused = tenant.post("/jobs", "{\"agent\":\"aider\",\"command\":\"Say hello\"}");
      assertThat(refused.status()).as(refused.body()).isEqualTo(400);
      assertThat(refused.json().at("/errors/0/field").asText()).isEqualTo("agent");
      assertThat(refused.json().at("/errors/0/detail").asText()).contains("no worker", "aider");
      assertThat(tenant.get("/jobs").json().get("data")).isEmpty();

      var job = tenant.ended(tenant.submit("claude", "Say hello"));
      assertThat(job.get("status").asText()).isEqualTo("succeeded");

      var dead = tenant.ended(tenant.submit("grok", "Say hello"));
      assertThat(dead.get("status").asText()).as("trusted, and gone").isEqualTo("dead_letter");
      assertThat(dead.get("attempts").asInt()).isEqualTo(3);
    }
  }
}
