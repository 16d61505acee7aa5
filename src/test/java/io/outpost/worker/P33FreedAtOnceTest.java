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
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
  private static final Duration LONG = Duration.ofMinutes(3);

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
        .atMost(LONG)
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

  /** The one that would have been next is gone: the one after it is next. */
  @Test
  void aJobThatIsCancelledWhileItWaitsKeepsNobodyWaiting() {
    var operator = Client.of(outpost.address()).with(outpost.adminKey());
    var tenant = Customer.of(operator, "free").client();
    var first = tenant.submit("claude", "sleep 3");
    var second = tenant.submit("claude", "Say hello");
    var third = tenant.submit("claude", "Say hello");
    await()
        .atMost(LONG)
        .until(() -> tenant.get("/jobs/" + third).text("waiting_reason").equals("tenant-limit"));
    assertThat(tenant.delete("/jobs/" + second).status()).isEqualTo(200);
    assertThat(tenant.ended(third).get("status").asText()).isEqualTo("succeeded");
    assertThat(tenant.ended(first).get("status").asText()).isEqualTo("succeeded");
  }

  /** It needs no slot while another job has its workspace. */
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

  private List<AwsProbe.Call> sent() {
    return probe.record(
        call -> call.operation().equals("SendMessage") && call.mentions("outpost-jobs-"));
  }

  /** One message for each job, and one for each time that it was woken. */
  private static void assertNoneWasDelayed(List<AwsProbe.Call> sent, int most) {
    assertThat(sent).hasSizeLessThanOrEqualTo(most);
    assertThat(sent)
        .extracting(call -> ((SendMessageRequest) call.request()).delaySeconds())
        .containsOnlyNulls();
  }
}
