package io.outpost.worker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.blackbox.Client;
import io.outpost.blackbox.Customer;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A secret reaches the jobs it is meant for, with its value at submission; jobs of test keys get
 * none and are free. The agent is a shell that runs the command.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class JobSecretsTest {

  private static LocalOutpost outpost;

  private Client admin;
  private Customer customer;

  @BeforeAll
  static void start(EmbeddedAws aws) {
    outpost =
        LocalOutpost.on(
            aws.endpoints(),
            "local",
            Map.of(
                "server.port", 0,
                "outpost.env", "secrets",
                "outpost.agents.demo", "never",
                "OUTPOST_AGENT_CLAUDE_COMMAND", "[\"/bin/sh\",\"-s\"]"));
  }

  @AfterAll
  static void stop() {
    outpost.close();
  }

  @BeforeEach
  void makeCustomer() {
    admin = Client.of(outpost.address()).with(outpost.adminKey());
    customer = Customer.of(admin, "free");
  }

  @Test
  void aJobGetsTheSecretsThatItNamesAndItsAgentsOwn() {
    put("GITHUB_TOKEN", "gh-of-a-test");
    put("OTHER_TOKEN", "other-of-a-test");
    put("ANTHROPIC_API_KEY", "sk-of-a-test");
    var script =
        "echo ${GITHUB_TOKEN:+named} ${ANTHROPIC_API_KEY:+own} ${OTHER_TOKEN:+leaked} $PATH";
    var job = run(customer.client(), script, List.of("GITHUB_TOKEN"));
    assertThat(job.get("secrets")).hasSize(1);
    assertThat(output(job)).contains("named own").doesNotContain("leaked");
    assertThat(output(run(customer.client(), script, List.of())))
        .contains("own")
        .doesNotContain("named", "leaked");
  }

  @Test
  void whatAJobPrintsOfItsSecretsIsMaskedInEveryForm() {
    put("GITHUB_TOKEN", "gh-of-a-test");
    var job =
        run(
            customer.client(),
            "echo $GITHUB_TOKEN; printf %s $GITHUB_TOKEN | base64; printf user:%s $GITHUB_TOKEN |"
                + " base64; printf %s $GITHUB_TOKEN | od -An -tx1 | tr -d ' \\n"
                + "'",
            List.of("GITHUB_TOKEN"));
    assertThat(output(job))
        .contains("[redacted]")
        .doesNotContain("gh-of-a-test", "Z2gtb2YtYS10ZXN0", "67682d6f662d612d74657374");
  }

  @Test
  void partsOfOutputAreReadByRange() {
    var path =
        "/jobs/"
            + run(customer.client(), "printf 0123456789", List.of()).get("job_id").asText()
            + "/output";
    var all = customer.client().get(path);
    assertThat(all.body()).isEqualTo("0123456789");
    assertThat(all.header("Accept-Ranges")).isEqualTo("bytes");
    var tag = all.header("ETag");
    for (var range :
        Map.of(
                "bytes=2-4",
                "234",
                "bytes=7-",
                "789",
                "bytes=-2",
                "89",
                "bytes=8-100",
                "89",
                "bytes=0-0",
                "0")
            .entrySet()) {
      var part =
          customer.client().json("GET", path, null, "Range", range.getKey(), "If-Range", tag);
      assertThat(part.status()).isEqualTo(206);
      assertThat(part.body()).isEqualTo(range.getValue());
      assertThat(part.header("Content-Range")).endsWith("/10");
    }
    for (var other : List.of("bytes=4-2", "lines=1-2", "bytes=-", "bytes=1-2,4-5")) {
      assertThat(customer.client().json("GET", path, null, "Range", other).status()).isEqualTo(200);
    }
    assertThat(
            customer
                .client()
                .json("GET", path, null, "Range", "bytes=2-4", "If-Range", "\"x\"")
                .status())
        .isEqualTo(200);
    var beyond = customer.client().json("GET", path, null, "Range", "bytes=10-");
    assertThat(beyond.status()).isEqualTo(416);
    assertThat(beyond.header("Content-Range")).isEqualTo("bytes */10");
  }

  @Test
  void aSecretThatIsNotThereIsToldAtOnce() {
    put("GITHUB_TOKEN", "gh-of-a-test");
    var answer = submit(customer.client(), "true", List.of("GITHUB_TOKEN", "NO_TOKEN"));
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.json().at("/errors/0/field").asText()).isEqualTo("secrets");
    assertThat(answer.text("detail")).contains("NO_TOKEN");
    assertThat(customer.client().get("/jobs").json().get("data")).isEmpty();
  }

  @Test
  void aJobThatIsSubmittedAfterAChangeRunsWithTheNewValue() throws Exception {
    for (int i = 0; i < 5; i++) {
      var value = "changed-value-" + i;
      put("MY_TOKEN", value);
      var script = "printf %s \"$MY_TOKEN\" | sha256sum";
      var hash = MessageDigest.getInstance("SHA-256").digest(value.getBytes(UTF_8));
      assertThat(output(run(customer.client(), script, List.of("MY_TOKEN"))))
          .contains(HexFormat.of().formatHex(hash));
    }
  }

  @Test
  void jobsOfATestKeyArePlayedByTheDemoAgentAndCostNothing() {
    put("ANTHROPIC_API_KEY", "sk-of-a-test");
    var scopes = "\"mode\":\"test\",\"scopes\":[\"jobs:read\",\"jobs:write\",\"billing\"]";
    var key = Customer.newKey(admin, customer.tenantId(), scopes).text("key");
    assertThat(key).startsWith("op_test_");
    var test = admin.with(key);
    var job = run(test, "echo this-is-no-shell; exit 3", List.of());
    assertThat(job.get("mode").asText()).isEqualTo("test");
    assertThat(job.get("status").asText()).isEqualTo("succeeded");
    assertThat(output(job)).contains("demo");
    assertThat(test.get("/jobs").json().get("data")).isEmpty();
    assertThat(test.get("/jobs?mode=test").json().get("data")).hasSize(1);
    assertThat(test.get("/jobs?mode=test&status=succeeded&agent=claude").json().get("data"))
        .hasSize(1);
    // More than the ten jobs of the free tier.
    for (int i = 0; i < 12; i++) {
      assertThat(submit(test, "more", List.of()).status()).isEqualTo(202);
    }
    assertThat(test.get("/billing/usage").json().get("used").asInt()).isZero();
    var again = customer.client().post("/jobs/" + job.get("job_id").asText() + "/rerun", "");
    assertThat(again.text("mode")).as("what was tried is never billed").isEqualTo("test");
    assertThat(test.get("/billing/usage").json().get("used").asInt()).isZero();
    var live = run(customer.client(), "exit 0", List.of());
    assertThat(live.get("mode").asText()).isEqualTo("live");
    assertThat(test.get("/billing/usage").json().get("used").asInt()).isEqualTo(1);
    assertThat(customer.client().get("/jobs").json().get("data")).hasSize(1);
  }

  private void put(String name, String value) {
    var body = "{\"value\":\"" + value + "\"}";
    assertThat(customer.client().put(customer.path("/secrets/" + name), body).status())
        .isEqualTo(204);
  }

  private static Client.Answer submit(Client client, String command, List<String> secrets) {
    var body = new ObjectMapper().createObjectNode().put("agent", "claude").put("command", command);
    secrets.forEach(body.withArray("secrets")::add);
    return client.post("/jobs", body.toString());
  }

  private static JsonNode run(Client client, String command, List<String> secrets) {
    var answer = submit(client, command, secrets);
    assertThat(answer.status()).as(answer.body()).isEqualTo(202);
    return client.ended(answer.text("job_id"));
  }

  private String output(JsonNode job) {
    return customer.client().get("/jobs/" + job.get("job_id").asText() + "/output").body();
  }
}
