package io.outpost.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.outpost.blackbox.Client;
import io.outpost.blackbox.Client.Answer;
import io.outpost.blackbox.Customer;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.util.FileSystemUtils;

/**
 * Options of a job: start time, model, cost limit and continued conversation. Programs named claude
 * and codex print their arguments and run their task; gemini's command is a shell.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class JobOptionsTest {

  private static final String PROGRAM =
      """
      #!/bin/bash
      [ "$1" = --version ] && { echo 1.0.0; exit 0; }
      printf 'arg:%s\\n' "$@"
      exec /bin/bash -s
      """;

  private static LocalOutpost outpost;
  private static Path programs;

  private Client client;

  @BeforeAll
  static void start(EmbeddedAws aws) throws IOException {
    // In a folder that other users can read, because agents run as other users.
    programs = Files.createTempDirectory(Path.of("/var/tmp"), "outpost-agents");
    Files.setPosixFilePermissions(programs, PosixFilePermissions.fromString("rwxr-xr-x"));
    for (var name : List.of("claude", "codex")) {
      var program = Files.writeString(programs.resolve(name), PROGRAM);
      Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    outpost = LocalOutpost.on(aws.endpoints(), "local", settings());
  }

  private static Map<String, Object> settings() {
    var settings = new HashMap<String, Object>();
    settings.put("server.port", 0);
    settings.put("outpost.env", "options");
    settings.put("outpost.agents.demo", "missing");
    settings.put("outpost.agents.path", programs + ":/usr/bin:/bin");
    settings.put("outpost.jobs.sweep-period", 200);
    settings.put("outpost.auth.rate-limit-per-minute", 1_000_000);
    settings.put("OUTPOST_AGENT_GEMINI_COMMAND", "[\"/bin/bash\",\"-s\"]");
    return settings;
  }

  @AfterAll
  static void stop() throws IOException {
    outpost.close();
    FileSystemUtils.deleteRecursively(programs);
  }

  @BeforeEach
  void makeCustomer() {
    var admin = Client.of(outpost.address()).with(outpost.adminKey());
    client = Customer.of(admin, "free").client();
  }

  @Test
  void aJobStartsWhenItsTimeHasComeAndNotBefore() {
    var start = Instant.now().plusSeconds(3);
    var job = accepted(job("claude", "true").put("start_after", start.toString()));
    assertThat(Instant.parse(job.get("start_after").asText()))
        .isBetween(start.minusMillis(1), start);
    assertThat(job.get("waiting_reason").asText()).isEqualTo("scheduled");
    assertThat(job.get("estimated_start")).isEqualTo(job.get("start_after"));
    var other = client.ended(id(accepted(job("claude", "true"))));
    assertThat(other.get("status").asText()).isEqualTo("succeeded");
    var ended = client.ended(id(job));
    assertThat(ended.get("status").asText()).isEqualTo("succeeded");
    assertThat(Instant.parse(ended.get("started_at").asText())).isAfterOrEqualTo(start);
    var again = client.post("/jobs/" + id(job) + "/rerun", "").json();
    assertThat(again.get("start_after").isNull()).isTrue();
    assertThat(client.ended(id(again)).get("status").asText()).isEqualTo("succeeded");
  }

  @Test
  void aScheduledJobIsCountedAtOnceAndCanBeCancelled() {
    var later = Instant.now().plus(Duration.ofDays(29)).toString();
    var jobs =
        IntStream.range(0, 10)
            .mapToObj(i -> accepted(job("claude", "true").put("start_after", later)))
            .toList();
    assertThat(post(job("claude", "true")).problem()).isEqualTo("quota-exceeded");
    assertThat(client.delete("/jobs/" + id(jobs.getFirst())).text("status")).isEqualTo("cancelled");
    assertThat(client.post("/jobs/cancel", "{}").json().get("cancelled").asInt()).isEqualTo(9);
    var past = job("claude", "true").put("start_after", "2026-01-01T00:00:00+02:00");
    assertThat(client.ended(id(accepted(past))).get("status").asText()).isEqualTo("succeeded");
    for (var wrong : List.of("soon", Instant.now().plus(Duration.ofDays(31)).toString())) {
      assertRefused(job("claude", "true").put("start_after", wrong), "start_after");
    }
  }

  @Test
  void theModelIsOneThatTheAgentTakesAndAnArgumentOfIt() {
    var job = client.ended(id(accepted(job("claude", "true").put("model", "opus"))));
    assertThat(job.get("model").asText()).isEqualTo("opus");
    assertThat(output(job)).contains("arg:--model\narg:opus\n");
    var usual = client.ended(id(accepted(job("claude", "true"))));
    assertThat(usual.get("model").isNull()).isTrue();
    assertThat(output(usual)).contains("arg:--model\narg:sonnet\n");
    assertThat(post(job("claude", "true").put("model", "claude-opus-9-1")).status()).isEqualTo(202);
    var refused = assertRefused(job("claude", "true").put("model", "gpt-6"), "model");
    assertThat(refused.text("detail")).contains("sonnet", "opus", "haiku");
    for (var wrong :
        List.of("", "--verbose", "claude-x --yes", "opus\n", "claude-" + "x".repeat(100))) {
      assertRefused(job("claude", "true").put("model", wrong), "model");
    }
  }

  @Test
  void whatTheAgentSaysThatItConsumedIsWithTheJob() {
    var job = run("claude", "echo '" + claudeUsage("0.25") + "'; exit 3");
    assertThat(job.get("status").asText()).isEqualTo("failed");
    assertThat(job.get("usage").toString())
        .isEqualTo("{\"input_tokens\":12,\"output_tokens\":34,\"cost_usd\":0.25}");
    var codex = run("codex", "echo '{\"usage\":{\"input_tokens\":1,\"output_tokens\":2}}'");
    assertThat(codex.get("usage").toString())
        .isEqualTo("{\"input_tokens\":1,\"output_tokens\":2,\"cost_usd\":null}");
    assertThat(run("claude", "true").get("usage").isNull()).isTrue();
  }

  @Test
  void noAmountThatAnAgentPrintsKeepsItsJobFromEnding() {
    for (var cost : List.of("1e999", "-5", "1e-300", "1e30", "0.1234567", "\"x\"", "null")) {
      var job = run("claude", "echo '" + claudeUsage(cost) + "'");
      assertThat(job.get("status").asText()).as(cost).isEqualTo("succeeded");
    }
    var many = claudeUsage("1").replace("12", "99999999999999999999999");
    assertThat(run("claude", "echo '" + many + "'").get("usage").isNull()).isTrue();
  }

  @Test
  void anAgentThatHasCostTooMuchIsStopped() {
    var script = "echo '" + claudeUsage("2.5") + "'; sleep 600";
    var job = client.ended(id(accepted(job("claude", script).put("max_cost_usd", 2))));
    assertThat(job.get("status").asText()).isEqualTo("failed");
    assertThat(job.at("/error/code").asText()).isEqualTo("cost-limit-reached");
    assertThat(job.at("/usage/cost_usd").asDouble()).isEqualTo(2.5);
    assertThat(job.get("max_cost_usd").asDouble()).isEqualTo(2);
    assertThat(output(job)).contains("arg:--max-budget-usd\narg:2\n");

    var stopped = "echo '" + claudeUsage("2") + "'; exit 1";
    var byItself = client.ended(id(accepted(job("claude", stopped).put("max_cost_usd", 2))));
    assertThat(byItself.at("/error/code").asText()).isEqualTo("cost-limit-reached");

    var within = "echo '" + claudeUsage("1.99") + "'";
    var well = client.ended(id(accepted(job("claude", within).put("max_cost_usd", 2))));
    assertThat(well.get("status").asText()).isEqualTo("succeeded");

    var refused = assertRefused(job("codex", "true").put("max_cost_usd", 2), "max_cost_usd");
    assertThat(refused.text("detail")).contains("claude");
    for (var wrong : List.of(0.0, -1.0, 10001.0, 1e-9)) {
      assertRefused(job("claude", "true").put("max_cost_usd", wrong), "max_cost_usd");
    }
  }

  @Test
  void aConversationGoesOnInItsWorkspace() {
    var script =
        """
        echo '{"type":"system","session_id":"11111111-2222-3333-4444-555555555555"}'
        mkdir -p ~/.claude/projects/p && echo said > ~/.claude/projects/p/s.jsonl
        echo first > file.txt
        """;
    var first = client.ended(id(accepted(job("claude", script).put("workspace", "site"))));
    var answer = goOn(first, "cat file.txt ~/.claude/projects/p/s.jsonl; exit 4", "k");
    assertThat(answer.status()).as(answer.body()).isEqualTo(202);
    assertThat(answer.header("Location")).isEqualTo("/jobs/" + answer.text("job_id"));
    assertThat(answer.text("continues")).isEqualTo(id(first));
    assertThat(answer.text("workspace")).isEqualTo("site");
    assertThat(answer.json().get("rerun_of").isNull()).isTrue();
    var second = client.ended(answer.text("job_id"));
    assertThat(output(second))
        .contains("arg:--resume\narg:11111111-2222-3333-4444-555555555555\n", "first\nsaid\n");
    assertThat(second.get("exit_code").asInt()).isEqualTo(4);
    var repeated = goOn(first, "cat file.txt ~/.claude/projects/p/s.jsonl; exit 4", "k");
    assertThat(repeated.text("job_id")).isEqualTo(id(second));

    // A failed job that printed no new conversation id can be continued, too.
    var third = client.ended(goOn(second, "true", "l").text("job_id"));
    assertThat(output(third)).contains("arg:11111111-2222-3333-4444-555555555555\n");
  }

  @Test
  void codexIsContinuedByItsSubcommand() {
    var script = "echo '{\"type\":\"thread.started\",\"thread_id\":\"0199-abc\"}'";
    var first = client.ended(id(accepted(job("codex", script).put("workspace", "w"))));
    assertThat(first.get("conversation").asText()).isEqualTo("0199-abc");
    var second = client.ended(goOn(first, "true", "k").text("job_id"));
    assertThat(output(second))
        .startsWith("arg:exec\narg:resume\n")
        .contains("arg:0199-abc\narg:-\n");
  }

  @Test
  void whatCannotBeContinuedIsAConflict() {
    var noWorkspace = run("claude", "echo '{\"session_id\":\"a1\"}'");
    assertThat(goOn(noWorkspace, "x", "1").problem()).isEqualTo("conflict");
    var silent = client.ended(id(accepted(job("claude", "true").put("workspace", "w"))));
    assertThat(goOn(silent, "x", "2").problem()).isEqualTo("conflict");
    var option = "echo '{\"session_id\":\"--help\"}'";
    var hostile = client.ended(id(accepted(job("claude", option).put("workspace", "w"))));
    assertThat(hostile.get("conversation").isNull()).isTrue();
    assertThat(goOn(hostile, "x", "3").problem()).isEqualTo("conflict");
    var gemini = client.ended(id(accepted(job("gemini", "true").put("workspace", "w"))));
    assertThat(goOn(gemini, "x", "4").problem()).isEqualTo("conflict");
    var running = accepted(job("claude", "sleep 600").put("workspace", "w"));
    await().until(() -> client.get("/jobs/" + id(running)).text("status").equals("running"));
    assertThat(goOn(running, "x", "5").problem()).isEqualTo("conflict");
    client.delete("/jobs/" + id(running));
    assertThat(client.post("/jobs/" + id(running) + "/messages", "{}").status()).isEqualTo(400);
    assertThat(
            client
                .post("/jobs/01ARZ3NDEKTSV4RRFFQ69G5FAV/messages", "{\"command\":\"x\"}")
                .status())
        .isEqualTo(404);
  }

  private static String claudeUsage(String cost) {
    return "{\"type\":\"result\",\"usage\":{\"input_tokens\":12,\"output_tokens\":34},\"total_cost_usd\":"
        + cost
        + "}";
  }

  private Answer goOn(JsonNode job, String command, String key) {
    var body = new ObjectMapper().createObjectNode().put("command", command).toString();
    return client.json("POST", "/jobs/" + id(job) + "/messages", body, "Idempotency-Key", key);
  }

  private static ObjectNode job(String agent, String command) {
    return new ObjectMapper().createObjectNode().put("agent", agent).put("command", command);
  }

  private Answer post(ObjectNode job) {
    return client.post("/jobs", job.toString());
  }

  private JsonNode accepted(ObjectNode job) {
    var answer = post(job);
    assertThat(answer.status()).as(answer.body()).isEqualTo(202);
    return answer.json();
  }

  private Answer assertRefused(ObjectNode job, String field) {
    var answer = post(job);
    assertThat(answer.status()).as(answer.body()).isEqualTo(400);
    assertThat(answer.json().at("/errors/0/field").asText()).isEqualTo(field);
    return answer;
  }

  private JsonNode run(String agent, String command) {
    return client.ended(id(accepted(job(agent, command))));
  }

  private static String id(JsonNode job) {
    return job.get("job_id").asText();
  }

  private String output(JsonNode job) {
    return client.get("/jobs/" + id(job) + "/output").body();
  }
}
