package io.outpost.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outpost.blackbox.Client;
import io.outpost.blackbox.Client.Answer;
import io.outpost.blackbox.Customer;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import io.outpost.worker.ImpatientOutpost.Impatient;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The effect of a cancellation on a job in each state, over HTTP. */
@Tag("product")
@ExtendWith({ImpatientOutpost.class, SharedOutpost.class})
class P06CancelTest {

  private static final Duration STOPPED = Duration.ofSeconds(10);

  private final Impatient impatient;
  private final Client patient;

  P06CancelTest(Impatient impatient, LocalOutpost outpost) {
    this.impatient = impatient;
    this.patient = Client.of(outpost.address()).with(outpost.adminKey());
  }

  /**
   * The running job needs a long lease: with one of seconds, a stall of the machine would end it
   * and start the waiting job.
   */
  @Test
  void aPendingJobNeverRunsAndIsNotCharged() {
    var tenant = Customer.of(patient, "free").client();
    var running = tenant.submit("claude", "sleep 300");
    await().until(() -> field(tenant, running, "status").equals("running"));
    var waiting = tenant.submit("claude", "Say hello");
    await().until(() -> field(tenant, waiting, "waiting_reason").equals("tenant-limit"));

    var cancelled = tenant.delete("/jobs/" + waiting);
    assertThat(cancelled.status()).isEqualTo(200);
    assertThat(cancelled.text("status")).isEqualTo("cancelled");
    assertThat(used(tenant)).isOne();
    assertThat(tenant.delete("/jobs/" + running).status()).isEqualTo(200);

    // This job is behind the cancelled one, and only one may run at a time.
    assertThat(tenant.ended(tenant.submit("claude", "Say hello")).get("status").asText())
        .isEqualTo("succeeded");
    assertThat(field(tenant, waiting, "status")).isEqualTo("cancelled");
    assertThat(field(tenant, waiting, "attempts")).isEqualTo("0");
    assertThat(used(tenant)).isEqualTo(2);
  }

  @Test
  void aRunningJobIsGoneInTenSecondsWithItsDaemonsAndItsOutputIsKept() {
    var tenant = impatient.tenant("pro");
    var job = tenant.submit("codex", "setsid sleep 6199 & echo so far; sleep 6198");
    await().until(() -> Impatient.runs("sleep 6198") && Impatient.runs("sleep 6199"));

    var cancelled = tenant.delete("/jobs/" + job);
    assertThat(cancelled.status()).isEqualTo(200);
    assertThat(cancelled.text("status")).isEqualTo("cancelled");
    await()
        .atMost(STOPPED)
        .until(() -> !Impatient.runs("sleep 6198") && !Impatient.runs("sleep 6199"));
    await().until(() -> tenant.get("/jobs/" + job + "/output").status() == 200);
    assertThat(tenant.get("/jobs/" + job + "/output").body()).contains("so far");
    assertRefused(tenant.delete("/jobs/" + job));
    assertThat(field(tenant, job, "status")).isEqualTo("cancelled");
    assertThat(used(tenant)).isOne();
  }

  @ParameterizedTest
  @CsvSource({"Say hello, succeeded", "fail 3, failed"})
  void anEndedJobIsLeftAsItIs(String task, String status) {
    var tenant = impatient.tenant("pro");
    var job = tenant.submit("claude", task);
    var ended = tenant.ended(job);
    assertThat(ended.get("status").asText()).isEqualTo(status);
    for (int i = 0; i < 2; i++) {
      assertRefused(tenant.delete("/jobs/" + job));
    }
    assertThat(tenant.get("/jobs/" + job).json()).isEqualTo(ended);
  }

  private static void assertRefused(Answer answer) {
    assertThat(answer.status()).isEqualTo(409);
    assertThat(answer.problem()).isEqualTo("conflict");
  }

  private static String field(Client tenant, String job, String name) {
    return tenant.get("/jobs/" + job).text(name);
  }

  private static int used(Client tenant) {
    return tenant.get("/billing/usage").json().get("used").asInt();
  }
}
