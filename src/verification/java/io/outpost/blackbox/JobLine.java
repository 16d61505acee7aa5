package io.outpost.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.outpost.local.LocalOutpost;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The whole path over HTTP, from an API key to an agent's output, on any kind of AWS. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class JobLine {

  private final Client operator;
  private Client acme;
  private Client other;

  JobLine(LocalOutpost outpost) {
    this(Client.of(outpost.address()).with(outpost.adminKey()));
  }

  /** Tests the API of this operator's client. */
  JobLine(Client operator) {
    this.operator = operator;
  }

  @BeforeAll
  void twoTenants() {
    acme = operator.newTenant("Acme");
    other = operator.newTenant("Other");
  }

  @ParameterizedTest
  @ValueSource(strings = {"claude", "codex", "gemini", "grok", "aider"})
  void everyAgentRunsAJobAndItsOutputIsKept(String agent) {
    var accepted = acme.post("/jobs", job(agent, "Say hello", "normal"));
    assertThat(accepted.status()).isEqualTo(202);
    assertThat(accepted.text("status")).isEqualTo("pending");
    assertThat(accepted.header("Location")).isEqualTo("/jobs/" + accepted.text("job_id"));

    var job = acme.ended(accepted.text("job_id"));
    assertThat(job.get("status").asText()).isEqualTo("succeeded");
    assertThat(job.get("agent").asText()).isEqualTo(agent);
    assertThat(job.get("exit_code").asInt(-1)).isZero();
    assertThat(job.get("attempts").asInt()).isOne();

    var output = acme.get(job.get("output_location").asText());
    assertThat(output.status()).isEqualTo(200);
    assertThat(output.header("Content-Type")).startsWith("text/plain");
    assertThat(output.body()).contains("demo " + agent + ":", "Say hello");
  }

  @ParameterizedTest
  @ValueSource(strings = {"high", "normal", "low"})
  void aJobOfEveryPriorityRuns(String priority) {
    var job = acme.ended(acme.submit(job("claude", "Be " + priority, priority)));
    assertThat(job.get("status").asText()).isEqualTo("succeeded");
    assertThat(job.get("priority").asText()).isEqualTo(priority);
  }

  /** A command of ten thousand characters, in JSON's longest encoding. */
  @Test
  void theLongestCommandIsTakenAndGivenBack() {
    var face = "\\ud83d\\ude00".repeat(10_000);
    var job = acme.ended(acme.submit(job("claude", face, "normal")));
    assertThat(job.get("status").asText()).isEqualTo("succeeded");
    assertThat(job.get("command").asText()).isEqualTo("\ud83d\ude00".repeat(10_000));
  }

  @Test
  void anAgentThatFailsMakesAFailedJobWithItsCodeAndItsOutput() {
    var job = acme.ended(acme.submit("codex", "fail 7"));
    assertThat(job.get("status").asText()).isEqualTo("failed");
    assertThat(job.get("exit_code").asInt()).isEqualTo(7);
    assertThat(job.at("/error/code").asText()).isEqualTo("agent-failed");
    assertThat(job.get("attempts").asInt()).isOne();
    assertThat(acme.get(job.get("output_location").asText()).body())
        .contains("failing with code 7");
  }

  @Test
  void anAgentThatRunsTooLongIsStopped() {
    var job =
        acme.ended(
            acme.submit("{\"agent\":\"aider\",\"command\":\"sleep 60\",\"timeout_seconds\":1}"));
    assertThat(job.get("status").asText()).isEqualTo("failed");
    assertThat(job.at("/error/code").asText()).isEqualTo("agent-timeout");
  }

  @Test
  void outputOfAMegabyteIsReadWhereTheAnswerPointsTo() {
    var job = acme.ended(acme.submit("gemini", "print 2m bytes"));
    var redirect = acme.get(job.get("output_location").asText());
    assertThat(redirect.status()).isEqualTo(302);
    var link = redirect.header("Location");
    assertThat(link).startsWith("http").contains("X-Amz-Signature");
    var output = new Client(acme.http(), "", null).get(link);
    assertThat(output.status()).isEqualTo(200);
    assertThat(output.body()).hasSizeGreaterThan(2 * 1024 * 1024).contains("demo gemini: done");
  }

  @Test
  void aJobOfAnotherTenantIsAsUnknownAsOneThatNeverWas() {
    var theirs = other.submit("grok", "Say hello");
    other.ended(theirs);
    var never = "0".repeat(26);
    for (var path : new String[] {"/jobs/%s", "/jobs/%s/output"}) {
      var unknown = problem(acme.get(path.formatted(theirs)), 404, "not-found");
      var unreal = problem(acme.get(path.formatted(never)), 404, "not-found");
      assertThat(unknown.get("detail")).isEqualTo(unreal.get("detail"));
    }
    assertThat(acme.get("/jobs?limit=100").body()).doesNotContain(theirs);
    assertThat(other.get("/jobs?limit=100").body()).contains(theirs);
  }

  @Test
  void jobsAreListedNewestFirstPageByPage() {
    var lister = operator.newTenant("Lister");
    var first = lister.submit("claude", "first");
    var second = lister.submit("claude", "second");
    var third = lister.submit("claude", "third");
    var page = lister.get("/jobs?limit=2").json();
    assertThat(page.get("data").findValuesAsText("job_id")).containsExactly(third, second);
    var rest = lister.get("/jobs?limit=2&cursor=" + page.get("next_cursor").asText()).json();
    assertThat(rest.get("data").findValuesAsText("job_id")).containsExactly(first);
    assertThat(rest.get("next_cursor").isNull()).isTrue();
  }

  @Test
  void withoutAUsableKeyNothingIsDone() {
    for (var key : new String[] {null, "op_live_" + "0".repeat(32), "op_live_x", "Basic"}) {
      var answer = acme.with(key).post("/jobs", job("claude", "Say hello", "normal"));
      problem(answer, 401, "unauthenticated");
      assertThat(answer.header("WWW-Authenticate")).isEqualTo("Bearer");
    }
    assertThat(acme.with(null).get("/health").status()).isEqualTo(200);
  }

  @Test
  void theKeyIsTakenFromXApiKeyToo() {
    var answer =
        acme.with(null)
            .send(
                "GET",
                "/jobs?limit=1",
                Map.of("X-API-Key", acme.key()),
                java.net.http.HttpRequest.BodyPublishers.noBody());
    assertThat(answer.status()).isEqualTo(200);
  }

  @Test
  void aMalformedBodyIsRefusedWithEachFieldNamed() {
    var wrong =
        """
        {"agent":"nobody","command":"","priority":"urgent","timeout_seconds":0,"workspace":"../up","surprise":1}
        """;
    assertThat(problem(acme.post("/jobs", wrong), 400, "invalid-request").get("errors"))
        .extracting(error -> error.get("field").asText())
        .containsExactlyInAnyOrder(
            "agent", "command", "priority", "timeout_seconds", "workspace", "surprise");
    assertThat(problem(acme.post("/jobs", "{}"), 400, "invalid-request").get("errors"))
        .extracting(error -> error.get("field").asText())
        .containsExactlyInAnyOrder("agent", "command");
    for (var noObject : new String[] {"{\"agent\":", "[]", "7", "\"claude\"", "null", ""}) {
      assertThat(problem(acme.post("/jobs", noObject), 400, "invalid-request").get("errors"))
          .as(noObject)
          .extracting(error -> error.get("field").asText())
          .containsExactly("body");
    }
  }

  private static String job(String agent, String command, String priority) {
    return "{\"agent\":\"%s\",\"command\":\"%s\",\"priority\":\"%s\"}"
        .formatted(agent, command, priority);
  }

  private static JsonNode problem(Client.Answer answer, int status, String code) {
    return Problems.check(answer, status, code);
  }
}
