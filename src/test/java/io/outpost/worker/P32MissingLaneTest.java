package io.outpost.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outpost.blackbox.Client;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A lane with a missing queue does not affect other lanes and is reported by name. */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class P32MissingLaneTest {

  private static final String MISSING = "outpost-jobs-high-missinglane";

  private final EmbeddedAws aws;

  P32MissingLaneTest(EmbeddedAws aws) {
    this.aws = aws;
  }

  /** The queue of the lane with the most turns is deleted. */
  @Test
  void jobsOfTheOtherLanesRunAndHealthNamesTheQueue() {
    Map<String, Object> settings =
        Map.of(
            "server.port",
            0,
            "outpost.env",
            "missinglane",
            "outpost.agents.demo",
            "always",
            "outpost.worker.slots",
            1);
    try (var outpost = LocalOutpost.on(aws.endpoints(), "local", settings);
        var clients = aws.clients()) {
      var queue = clients.sqs().getQueueUrl(q -> q.queueName(MISSING)).queueUrl();
      clients.sqs().deleteQueue(q -> q.queueUrl(queue));
      var operator = Client.of(outpost.address()).with(outpost.adminKey());
      await().until(() -> operator.get("/health/ready").body().contains(MISSING));
      assertThat(operator.get("/health/ready").status()).isEqualTo(200);
      var tenant = operator.newTenant("Acme");
      for (var priority : new String[] {"normal", "low"}) {
        var job =
            tenant.submit(
                "{\"agent\":\"claude\",\"command\":\"Say hello\",\"priority\":\"%s\"}"
                    .formatted(priority));
        assertThat(tenant.ended(job).get("status").asText()).isEqualTo("succeeded");
      }
    }
  }
}
