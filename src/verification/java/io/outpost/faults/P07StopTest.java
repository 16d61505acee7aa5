package io.outpost.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outpost.blackbox.Client;
import io.outpost.blackbox.OutpostProcess;
import io.outpost.kernel.Json;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A worker that stops during jobs, and its successor. */
@Tag("product")
class P07StopTest {

  private static final Duration LONG = Duration.ofMinutes(3);
  private static final Map<String, Object> SETTINGS =
      Map.of(
          "server.port", 0,
          "outpost.agents.demo", "always",
          "outpost.worker.wait-seconds", 1,
          "outpost.worker.agents.first-user", 31_000,
          "outpost.worker.grace", "10s",
          "outpost.worker.shutdown-seconds", 40);

  @TempDir Path folder;
  private EmbeddedAws aws;
  private LocalOutpost api;
  private Books books;

  @BeforeEach
  void start() {
    aws = EmbeddedAws.start(Optional.empty());
    books = new Books(aws.clients());
    api = LocalOutpost.on(aws.endpoints(), "api", Map.of("server.port", 0));
  }

  @AfterEach
  void stop() {
    api.close();
    books.aws().close();
    aws.close();
  }

  @Test
  void jobsEndWithinTheGraceOrAreHandedBackUncountedAndRunElsewhereChargedOnce() throws Exception {
    var tenant = Client.of(api.address()).with(api.adminKey()).newTenant("Acme");
    String ended;
    String slow;
    String quick;
    try (var worker = worker()) {
      ended = jobInTheWorkspace(tenant, "run 1 in this directory");
      slow = tenant.submit("claude", "sleep 30");
      quick = tenant.submit("claude", "sleep 2");
      awaitRunning(slow, quick);
      await().until(() -> worker.children().size() >= 2);
      var agents = worker.children();
      assertThat(worker.terminate(LONG)).as("ended:\n%s", worker.printed()).isTrue();
      // The init process may need a moment to reap them.
      await()
          .untilAsserted(
              () -> assertThat(agents).as("left running").noneMatch(ProcessHandle::isAlive));
      assertThat(worker.printed()).doesNotContain(" ERROR ");
    }
    assertThat(is(quick, "succeeded", 1)).as("finished within the grace").isTrue();
    assertThat(is(slow, "pending", 0)).as("handed back, not counted").isTrue();
    assertThat(books.ledger()).containsExactlyInAnyOrder(ended, quick);
    assertThat(books.tenantsWithHeldSlots(Json.time(Instant.now()))).isEmpty();

    String next;
    try (var other = LocalOutpost.on(aws.endpoints(), "worker", SETTINGS)) {
      next = jobInTheWorkspace(tenant, "run 2 in this directory");
      awaitSuccess(slow);
    }
    assertThat(books.ledger()).containsExactlyInAnyOrder(ended, quick, slow, next);
    assertThat(books.transitions().get(slow))
        .containsExactlyInAnyOrder("running", "pending queued", "running", "succeeded");
  }

  private void awaitRunning(String... jobs) {
    await().until(() -> Stream.of(jobs).allMatch(job -> is(job, "running", 1)));
  }

  private void awaitSuccess(String job) {
    await().until(() -> is(job, "succeeded", 1));
  }

  /** Runs a job in the workspace; the next worker must be able to use it. */
  private String jobInTheWorkspace(Client tenant, String output) {
    var job =
        tenant.submit("{\"agent\":\"claude\",\"command\":\"Say hello\",\"workspace\":\"shared\"}");
    awaitSuccess(job);
    assertThat(tenant.get("/jobs/" + job + "/output").body()).contains(output);
    return job;
  }

  private OutpostProcess worker() throws Exception {
    return OutpostProcess.start(folder, "worker", aws.endpoints(), api.adminKey(), SETTINGS);
  }

  private boolean is(String jobId, String status, int attempts) {
    var job = books.jobs().get(jobId);
    return job.status().equals(status) && job.attempts() == attempts;
  }
}
