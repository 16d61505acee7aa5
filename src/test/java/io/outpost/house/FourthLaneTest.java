package io.outpost.house;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.agents.OfferedAgents;
import io.outpost.aws.Queues;
import io.outpost.blackbox.Client;
import io.outpost.jobs.Estimates;
import io.outpost.local.AwsCalls;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import io.outpost.worker.AgentOffer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.sqs.model.SendMessageRequest;

/**
 * A lane that only a setting and the mounted folder's queues.json declare works like a shipped one:
 * all messages of its jobs are sent there, and jobs received from it run.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FourthLaneTest {

  private static final String ENV = "fourthlane";
  private static final String LANE = "/outpost-jobs-urgent-" + ENV;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final EmbeddedAws aws;
  private final Set<String> jobs = new HashSet<>();
  private Path agent;
  private LocalOutpost outpost;
  private Client operator;
  private AwsCalls calls;

  FourthLaneTest(EmbeddedAws aws) {
    this.aws = aws;
  }

  @BeforeAll
  void start(@TempDir Path folder) throws IOException {
    var page = Files.readString(Path.of("docs/routes.md"));
    var queues = page.substring(page.indexOf("<!-- file: queues.json -->"));
    queues = queues.substring(queues.indexOf("```json\n") + 8);
    Files.writeString(folder.resolve("queues.json"), queues.substring(0, queues.indexOf("```")));
    agent = putAgent(Files.createTempDirectory(Path.of("/var/tmp"), "outpost-agent"));
    var settings = new HashMap<String, Object>();
    settings.put("server.port", 0);
    settings.put("outpost.env", ENV);
    settings.put("outpost.agents.demo", "always");
    settings.put("outpost.routes", folder.toString());
    settings.put("outpost.worker.lanes", "urgent=12,high=6,normal=3,low=1");
    settings.put("outpost.worker.slots", 2);
    settings.put("outpost.worker.retry-after", "500ms");
    // Longer than a job waits below, because a job that is sent again counts twice.
    settings.put("outpost.jobs.resend-after", "20s");
    settings.put("outpost.jobs.sweep-period", 500);
    settings.put("outpost.test.aws-calls", "true");
    settings.put("OUTPOST_AGENT_GROK_COMMAND", agent.toString());
    outpost = LocalOutpost.on(aws.endpoints(), "local", settings);
    operator = Client.of(outpost.address()).with(outpost.adminKey());
    calls = outpost.context().getBean(AwsCalls.class);
  }

  @AfterEach
  void allWentThroughTheLaneAlone() {
    calls.work();
    for (var job : jobs) {
      assertThat(queuesOf(job)).isNotEmpty().allMatch(queue -> queue.endsWith(LANE));
    }
  }

  @AfterAll
  void stop() throws IOException {
    outpost.close();
    Files.deleteIfExists(agent);
    Files.deleteIfExists(agent.getParent());
  }

  @Test
  void aFirstDeliveryRuns() throws Exception {
    var tenant = tenant("pro");
    var job = submit(tenant, "claude", "Say hello");
    assertThat(awaitStatus(tenant, job, "succeeded").get("attempts").asInt()).isOne();
  }

  @Test
  void aJobBeyondItsTenantsSlotsIsHeldAndWokenThere() throws Exception {
    var tenant = tenant("free");
    var first = submit(tenant, "claude", "sleep 4");
    awaitStatus(tenant, first, "running");
    var held = submit(tenant, "claude", "Say hello");
    await().until(() -> show(tenant, held).get("waiting_reason").asText().equals("tenant-limit"));
    assertThat(awaitStatus(tenant, held, "succeeded").get("attempts").asInt()).isOne();
    assertThat(queuesOf(held))
        .as("the first delivery, and the one that woke it")
        .hasSizeGreaterThan(1);
  }

  @Test
  void aFailedAttemptIsRetriedThereAndADeadLetterIsRedrivenThere() throws Exception {
    var tenant = tenant("pro");
    Files.delete(agent);
    var job = submit(tenant, "grok", "Say hello");
    var dead = awaitStatus(tenant, job, "dead_letter");
    assertThat(dead.get("attempts").asInt()).isEqualTo(3);
    assertThat(queuesOf(job)).as("the first delivery, and two retries").hasSizeGreaterThan(2);

    putAgent(agent.getParent());
    var before = queuesOf(job).size();
    var redriven =
        operator.post("/admin/dead-letters/redrive", "{\"job_ids\":[\"%s\"]}".formatted(job));
    assertThat(redriven.json().get("redriven").asInt()).isOne();
    assertThat(awaitStatus(tenant, job, "succeeded").get("attempts").asInt()).isOne();
    assertThat(queuesOf(job)).hasSizeGreaterThan(before);
  }

  @Test
  void aJobWhoseMessageWasLostIsSweptThere() throws Exception {
    var tenant = tenant("pro");
    calls.fail(call -> call instanceof SendMessageRequest send && send.queueUrl().contains(LANE));
    var job = submit(tenant, "claude", "Say hello");
    assertThat(queuesOf(job)).isEmpty();
    calls.work();
    assertThat(awaitStatus(tenant, job, "succeeded").get("attempts").asInt()).isOne();
  }

  /**
   * In shipped lanes and in this one, no job is told that it starts now while all slots are busy.
   */
  @Test
  void aJobThereIsToldWhenItWillStart() throws Exception {
    var tenant = tenant("enterprise");
    var workers = outpost.context().getBean(OfferedAgents.class);
    await().until(() -> workers.slots().equals(OptionalInt.of(2)));
    var estimates = outpost.context().getBean(Estimates.class);
    for (var job :
        List.of(submit(tenant, "claude", "sleep 5"), submit(tenant, "claude", "sleep 5"))) {
      awaitStatus(tenant, job, "running");
    }
    estimates.measure();
    var waits = accepted(tenant, "claude", "sleep 60");
    assertThat(waits.get("waiting_reason").asText()).isEqualTo("queued");
    assertThat(waits.get("estimated_start").asText())
        .as("nothing waits, and both slots are busy")
        .isNotEqualTo(waits.get("created_at").asText());

    var other = submit(tenant, "claude", "sleep 60");
    awaitStatus(tenant, waits.get("job_id").asText(), "running");
    awaitStatus(tenant, other, "running");
    // Two jobs have ended while all slots were busy: that is a pace, once their messages are gone.
    var queues = outpost.context().getBean(Queues.class);
    await().until(() -> received(queues) == 2);
    outpost.context().getBean(AgentOffer.class).tell();
    workers.hear();
    estimates.measure();
    var urgent = accepted(tenant, "claude", "Say hello");
    var low = accepted(tenant, "claude", "Say hello", "low");
    assertThat(startOf(urgent)).isAfter(Instant.parse(urgent.get("created_at").asText()));
    assertThat(startOf(low)).as("behind the first").isAfter(startOf(urgent));
    send(tenant, "POST", "/jobs/cancel", "{}");
  }

  private static long received(Queues queues) {
    return List.of("urgent", "high", "normal", "low").stream()
        .mapToLong(lane -> queues.depth("jobs-" + lane).received())
        .sum();
  }

  private static Instant startOf(JsonNode job) {
    return Instant.parse(job.get("estimated_start").asText());
  }

  private Client tenant(String tier) {
    var tenant =
        operator
            .post(
                "/tenants",
                "{\"name\":\"T\",\"email\":\"dev@t.example\",\"tier\":\"%s\"}".formatted(tier))
            .text("tenant_id");
    return operator.with(
        operator.post("/tenants/" + tenant + "/api-keys", "{\"name\":\"k\"}").text("key"));
  }

  private String submit(Client tenant, String agentName, String command) throws Exception {
    return accepted(tenant, agentName, command).get("job_id").asText();
  }

  private JsonNode accepted(Client tenant, String agentName, String command) throws Exception {
    var job = accepted(tenant, agentName, command, "urgent");
    jobs.add(job.get("job_id").asText());
    return job;
  }

  private static JsonNode accepted(Client tenant, String agentName, String command, String priority)
      throws Exception {
    var job =
        send(
            tenant,
            "POST",
            "/jobs",
            "{\"agent\":\"%s\",\"command\":\"%s\",\"priority\":\"%s\"}"
                .formatted(agentName, command, priority));
    assertThat(job.path("priority").asText()).as(job.toString()).isEqualTo(priority);
    return job;
  }

  private static JsonNode show(Client tenant, String job) throws Exception {
    return send(tenant, "GET", "/jobs/" + job, "");
  }

  private static JsonNode awaitStatus(Client tenant, String job, String status) {
    return await().until(() -> show(tenant, job), it -> it.get("status").asText().equals(status));
  }

  /** The queues to which messages of a job were sent, one for each message. */
  private List<String> queuesOf(String job) {
    return calls.seen().stream()
        .map(AwsCalls.Seen::request)
        .filter(SendMessageRequest.class::isInstance)
        .map(SendMessageRequest.class::cast)
        .filter(
            send -> send.queueUrl().contains("/outpost-jobs-") && send.messageBody().contains(job))
        .map(SendMessageRequest::queueUrl)
        .toList();
  }

  /** Sends without the test client, because this priority is not in the shipped contract. */
  private static JsonNode send(Client client, String method, String path, String body)
      throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(URI.create(client.address() + path))
            .header("Authorization", "Bearer " + client.key())
            .header("Content-Type", "application/json")
            .method(
                method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
            .build();
    return JSON.readTree(client.http().send(request, BodyHandlers.ofString()).body());
  }

  /** Writes the agent where other users may read it, because agents run as users of their own. */
  private static Path putAgent(Path folder) throws IOException {
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    var program = folder.resolve("grok");
    Files.writeString(program, "#!/bin/sh\ncat\n");
    return Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
