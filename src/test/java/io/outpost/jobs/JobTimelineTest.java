package io.outpost.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.outpost.blackbox.Client;
import io.outpost.blackbox.Customer;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import io.outpost.webhooks.Receiver;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A job's timeline lists its transitions in order and with reasons. */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class JobTimelineTest {

  private final LocalOutpost outpost;
  private final Client admin;
  private final Customer customer;
  private final Client client;

  JobTimelineTest(LocalOutpost outpost) {
    this.outpost = outpost;
    admin = Client.of(outpost.address()).with(outpost.adminKey());
    customer = Customer.of(admin, "free");
    client = customer.client();
  }

  @Test
  void aJobThatFailedSaysWhatHappened() {
    var job = client.submit("claude", "fail 3");
    client.ended(job);
    var moments = moments(client, "/jobs/" + job + "/timeline");
    assertThat(events(moments)).containsExactly("submitted", "queued", "running", "failed");
    assertThat(moments.get(2).path("attempt").asInt()).isEqualTo(1);
    assertThat(moments.get(2).path("worker").asText()).isNotEmpty();
    assertThat(moments.get(3).path("reason").asText()).isEqualTo("agent-failed");
    assertThat(moments.get(3).path("detail").asText()).isEqualTo("exit code 3");
    assertThat(moments.get(3).path("at").asText())
        .isEqualTo(client.get("/jobs/" + job).text("completed_at"));
    assertThat(moments.getFirst().has("attempt")).isFalse();
    var operators = moments(admin, "/admin/jobs/" + job + "/timeline");
    assertThat(events(operators)).isEqualTo(events(moments));
    var name = outpost.context().getEnvironment().getProperty("outpost.worker.name");
    assertThat(operators.get(2).path("worker").asText()).isEqualTo(name);
    assertThat(moments.get(2).path("worker").asText()).as("what tenants see").isNotEqualTo(name);
  }

  /** The tier free runs one job at once. */
  @Test
  void aJobThatWaitsSaysForWhat() {
    var running = client.submit("claude", "sleep 600");
    await().until(() -> client.get("/jobs/" + running).text("status").equals("running"));
    var waiting = client.submit("claude", "Say hello");
    await().until(() -> events(moments(client, "/jobs/" + waiting + "/timeline")).contains("held"));
    client.delete("/jobs/" + running);
    client.ended(waiting);
    var moments = moments(client, "/jobs/" + waiting + "/timeline");
    assertThat(events(moments)).startsWith("submitted", "queued", "held").endsWith("succeeded");
    assertThat(moments.get(2).path("reason").asText()).isEqualTo("tenant-limit");
    assertThat(events(moments(client, "/jobs/" + running + "/timeline")))
        .containsExactly("submitted", "queued", "running", "cancelled");
  }

  @Test
  void aWebhookThatToldOfItIsInThere() throws IOException {
    try (var receiver = new Receiver()) {
      var body = "{\"url\":\"%s\"}".formatted(receiver.url("/"));
      var hook = client.post(customer.path("/webhooks"), body).text("webhook_id");
      var job = client.submit("claude", "Say hello");
      var moments =
          await()
              .until(
                  () -> moments(client, "/jobs/" + job + "/timeline"),
                  found -> events(found).contains("webhook"));
      assertThat(moments.getLast().path("reason").asText()).isEqualTo("succeeded");
      assertThat(moments.getLast().path("detail").asText()).isEqualTo("job.succeeded to " + hook);
    }
  }

  private static List<JsonNode> moments(Client caller, String path) {
    var answer = caller.get(path);
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return answer.json().path("data").valueStream().toList();
  }

  private static List<String> events(List<JsonNode> moments) {
    return moments.stream().map(moment -> moment.path("event").asText()).toList();
  }
}
