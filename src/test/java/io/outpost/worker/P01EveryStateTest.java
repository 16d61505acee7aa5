package io.outpost.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outpost.blackbox.Client;
import io.outpost.blackbox.Client.Answer;
import io.outpost.worker.ImpatientOutpost.Impatient;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A job's state alone decides what an event does to it: the cells of the table in architecture.md.
 */
@Tag("product")
@ExtendWith(ImpatientOutpost.class)
class P01EveryStateTest {

  private final Impatient impatient;
  private final Client tenant;

  P01EveryStateTest(Impatient impatient) {
    this.impatient = impatient;
    this.tenant = impatient.tenant("free");
  }

  @Test
  void aSubmissionThatIsRepeatedIsAnsweredAsTheFirstTime() {
    var key = UUID.randomUUID().toString();
    var first = submitOnce(key);
    var jobId = first.text("job_id");
    awaitField(jobId, "status", "running");
    assertThat(submitOnce(key).body()).as("while it runs").isEqualTo(first.body());
    assertThat(tenant.delete("/jobs/" + jobId).status()).isEqualTo(200);
    assertThat(submitOnce(key).body()).as("after its end").isEqualTo(first.body());
    assertThat(tenant.get("/jobs").json().get("data")).hasSize(1);
    assertThat(used()).isOne();
  }

  @Test
  void redriveLeavesWhatIsNoDeadLetterAlone() {
    var ended = tenant.submit("claude", "Say hello");
    var asItEnded = tenant.ended(ended);
    var running = tenant.submit("claude", "sleep 600");
    awaitField(running, "status", "running");
    var pending = tenant.submit("claude", "Say hello");
    awaitField(pending, "waiting_reason", "tenant-limit");

    var named =
        Stream.of(ended, running, pending)
            .map(id -> "\"" + id + "\"")
            .collect(Collectors.joining(",", "{\"job_ids\":[", "]}"));
    var redriven = impatient.operator().post("/admin/dead-letters/redrive", named);
    assertThat(redriven.status()).isEqualTo(202);
    assertThat(redriven.json().get("redriven").asInt()).isZero();

    assertThat(tenant.get("/jobs/" + ended).json()).isEqualTo(asItEnded);
    assertThat(field(running, "status")).isEqualTo("running");
    assertThat(field(running, "attempts")).isEqualTo("1");
    assertThat(field(pending, "status")).isEqualTo("pending");
    assertThat(used()).isEqualTo(3);
    assertThat(tenant.delete("/jobs/" + pending).status()).isEqualTo(200);
    assertThat(tenant.delete("/jobs/" + running).status()).isEqualTo(200);
  }

  @Test
  void anAgentThatIsKilledHasFailedAndIsNotStartedAgain() {
    var job = tenant.ended(tenant.submit("codex", "kill -9 $$"));
    assertThat(job.get("status").asText()).isEqualTo("failed");
    assertThat(job.at("/error/code").asText()).isEqualTo("agent-failed");
    assertThat(job.get("exit_code").asInt()).isEqualTo(128 + 9);
    assertThat(job.get("attempts").asInt()).isOne();
    assertThat(used()).isOne();
  }

  private Answer submitOnce(String key) {
    var body = "{\"agent\":\"claude\",\"command\":\"sleep 600\"}";
    var answer = tenant.json("POST", "/jobs", body, "Idempotency-Key", key);
    assertThat(answer.status()).as(answer.body()).isEqualTo(202);
    return answer;
  }

  private void awaitField(String jobId, String name, String value) {
    await().until(() -> field(jobId, name).equals(value));
  }

  private String field(String jobId, String name) {
    return tenant.get("/jobs/" + jobId).text(name);
  }

  private int used() {
    return tenant.get("/billing/usage").json().get("used").asInt();
  }
}
