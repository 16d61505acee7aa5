package io.outpost.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outpost.aws.AwsProbe;
import io.outpost.blackbox.Client;
import io.outpost.blackbox.Customer;
import io.outpost.job.Job;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import io.outpost.tenant.Tier;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import software.amazon.awssdk.services.sqs.model.SendMessageRequest;

/**
 * What frees is used at once: a job that waits for its tenant's slot or workspace is queued by the
 * end of the one before. Here nothing else could do it: the sweeper looks after half a day.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class P33FreedAtOnceTest {

  private static final int JOBS = 6;

  private final LocalOutpost outpost;
  private final AwsProbe probe;

  P33FreedAtOnceTest(EmbeddedAws aws) {
    outpost =
        LocalOutpost.on(
            aws.endpoints(),
            "local",
            Map.of(
                "server.port",
                0,
                "outpost.env",
                "freed",
                "outpost.agents.demo",
                "always",
                "outpost.probe",
                true,
                "outpost.worker.slots",
                4,
                "outpost.jobs.resend-after",
                "12h",
                "outpost.worker.lease-seconds",
                40_000));
    probe = outpost.context().getBean(AwsProbe.class);
  }

  @AfterAll
  void close() {
    outpost.close();
  }

  @Test
  void jobsBeyondTheCapStartAsSoonAsTheOneBeforeHasEnded() throws Exception {
    var sent = sent();
    var bench = new JobBench(outpost, Tier.FREE);
    var jobs = new ArrayList<Job>();
    for (int i = 0; i < JOBS; i++) {
      jobs.add(bench.enqueue("sleep 1"));
    }
    await()
        .untilAsserted(() -> assertThat(bench.ledger()).as("jobs that have ended").hasSize(JOBS));
    assertThat(bench.slotsTaken()).isZero();
    assertThat(jobs)
        .allSatisfy(job -> assertThat(bench.read(job).attempts()).as("attempts").isOne());
    assertNoneWasDelayed(sent, 2 * JOBS);
  }

  @Test
  void jobsOfOneWorkspaceFollowEachOther() {
    var sent = sent();
    var tenant = Client.of(outpost.address()).with(outpost.adminKey()).newTenant("Workspace");
    var jobs = new ArrayList<String>();
    for (int i = 0; i < 4; i++) {
      jobs.add(
          tenant.submit("{\"agent\":\"claude\",\"command\":\"sleep 1\",\"workspace\":\"ws\"}"));
    }
    var ends = jobs.stream().map(tenant::ended).toList();
    assertThat(ends)
        .allSatisfy(job -> assertThat(job.get("status").asText()).isEqualTo("succeeded"));
    var starts = ends.stream().map(job -> Instant.parse(job.get("started_at").asText())).toList();
    assertThat(starts).doesNotHaveDuplicates();
    assertNoneWasDelayed(sent, 3 * jobs.size());
  }

  /** The next waiting job was cancelled, so the one after it starts. */
  @Test
  void aJobThatIsCancelledWhileItWaitsKeepsNobodyWaiting() {
    var operator = Client.of(outpost.address()).with(outpost.adminKey());
    var tenant = Customer.of(operator, "free").client();
    var first = tenant.submit("claude", "sleep 3");
    var second = tenant.submit("claude", "Say hello");
    var third = tenant.submit("claude", "Say hello");
    await().until(() -> tenant.get("/jobs/" + third).text("waiting_reason").equals("tenant-limit"));
    assertThat(tenant.delete("/jobs/" + second).status()).isEqualTo(200);
    assertThat(tenant.ended(third).get("status").asText()).isEqualTo("succeeded");
    assertThat(tenant.ended(first).get("status").asText()).isEqualTo("succeeded");
  }

  /** A job that waits for its workspace takes no slot. */
  @Test
  void aJobThatWaitsForItsWorkspaceLeavesItsSlotToTheNext() {
    var operator = Client.of(outpost.address()).with(outpost.adminKey());
    var tenant = Customer.of(operator, "pro").client();
    var inWorkspace =
        "{\"agent\":\"claude\",\"command\":\"sleep 4\",\"workspace\":\"ws\",\"priority\":\"high\"}";
    var jobs = new ArrayList<String>();
    for (int i = 0; i < 2; i++) {
      jobs.add(tenant.submit(inWorkspace));
    }
    for (int i = 0; i < Tier.PRO.slots() + 1; i++) {
      jobs.add(tenant.submit("claude", "sleep 1"));
    }
    assertThat(jobs)
        .allSatisfy(
            job -> assertThat(tenant.ended(job).get("status").asText()).isEqualTo("succeeded"));
  }

  /**
   * The running job ends between another job's refused claim and its wait, when it sees no waiting
   * job to wake.
   */
  @Test
  void aSlotThatFreesWhileAJobIsAboutToWaitIsUsed() throws Exception {
    var bench = new JobBench(outpost, Tier.FREE);
    var agent = JobBench.endedAgent(outpost);
    var before = bench.deliver(bench.submit());
    assertThat(before.decision()).isEqualTo(Claims.Decision.run);
    var ended = new AtomicBoolean();
    try (var watch =
        probe.beforeEach(
            call -> {
              if (call.mentions("waiting#slots")
                  && call.operation().equals("TransactWriteItems")
                  && call.mentions(before.run().job().tenantId())
                  && ended.compareAndSet(false, true)) {
                before.finish(agent);
              }
            })) {
      var job = bench.enqueue("Say hello");
      await().untilAsserted(() -> assertThat(bench.ledger()).contains(job.jobId()).hasSize(2));
      assertThat(ended).isTrue();
      assertThat(bench.read(job).attempts()).isOne();
    }
  }

  /** After an upgrade to a higher tier, more jobs start at once. */
  @Test
  void jobsThatWaitedForTheirTenantsCapStartWhenItIsRaised() {
    var operator = Client.of(outpost.address()).with(outpost.adminKey());
    var customer = Customer.of(operator, "free");
    var tenant = customer.client();
    var running = tenant.submit("claude", "sleep 600");
    var waiting = List.of(tenant.submit("claude", "sleep 1"), tenant.submit("claude", "sleep 1"));
    waiting.forEach(job -> awaitLimit(tenant, job));
    assertThat(operator.patch(customer.path(""), "{\"tier\":\"pro\"}").status()).isEqualTo(200);
    assertThat(waiting)
        .allSatisfy(
            job -> assertThat(tenant.ended(job).get("status").asText()).isEqualTo("succeeded"));
    assertThat(tenant.get("/jobs/" + running).text("status")).isEqualTo("running");

    assertThat(operator.patch(customer.path(""), "{\"tier\":\"free\"}").status()).isEqualTo(200);
    var more = tenant.submit("claude", "Say hello");
    awaitLimit(tenant, more);
    assertThat(tenant.delete("/jobs/" + running).status()).isEqualTo(200);
    assertThat(tenant.ended(more).get("status").asText()).isEqualTo("succeeded");
  }

  /** A job starts although many jobs before it were cancelled while they waited. */
  @Test
  void manyThatAreCancelledWhileTheyWaitKeepNobodyWaiting() {
    var operator = Client.of(outpost.address()).with(outpost.adminKey());
    // Test jobs count against no quota.
    var tenantId = Customer.of(operator, "free").tenantId();
    var key = Customer.newKey(operator, tenantId, "\"mode\":\"test\"").text("key");
    var tenant = operator.with(key);
    var running = tenant.submit("claude", "sleep 600");
    var unwanted =
        "{\"agent\":\"claude\",\"command\":\"Say hello\",\"labels\":{\"kind\":\"unwanted\"}}";
    var many = Stream.generate(() -> tenant.submit(unwanted)).limit(12).toList();
    many.forEach(job -> awaitLimit(tenant, job));
    var last = tenant.submit("claude", "Say hello");
    awaitLimit(tenant, last);
    var cancelled = tenant.post("/jobs/cancel", "{\"labels\":{\"kind\":\"unwanted\"}}");
    assertThat(cancelled.json().get("cancelled").asInt()).isEqualTo(many.size());
    awaitLimit(tenant, last);
    assertThat(tenant.delete("/jobs/" + running).status()).isEqualTo(200);
    assertThat(tenant.ended(last).get("status").asText()).isEqualTo("succeeded");
  }

  private static void awaitLimit(Client tenant, String job) {
    await().until(() -> tenant.get("/jobs/" + job).text("waiting_reason").equals("tenant-limit"));
  }

  private List<AwsProbe.Call> sent() {
    return probe.record(
        call -> call.operation().equals("SendMessage") && call.mentions("outpost-jobs-"));
  }

  /** Checks that no message was delayed, and that each job has at most this many messages. */
  private static void assertNoneWasDelayed(List<AwsProbe.Call> sent, int most) {
    assertThat(sent).hasSizeLessThanOrEqualTo(most);
    assertThat(sent)
        .extracting(call -> ((SendMessageRequest) call.request()).delaySeconds())
        .containsOnlyNulls();
  }
}
