package io.outpost.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outpost.blackbox.Client;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A lane whose queue is not there harms no other lane, and is named. */
@ExtendWith(SharedOutpost.class)
class P32MissingLaneTest {

  @TempDir Path folder;
  private final EmbeddedAws aws;

  P32MissingLaneTest(EmbeddedAws aws) {
    this.aws = aws;
  }

  @Test
  void jobsOfTheOtherLanesRunAndHealthNamesTheQueue() throws Exception {
    var file = "worker/jobs.camel.yaml";
    try (var ours = P32MissingLaneTest.class.getResourceAsStream("/routes/" + file)) {
      var text = new String(ours.readAllBytes(), StandardCharsets.UTF_8);
      assertThat(text).contains("jobs:high=6,normal=3,low=1");
      Files.createDirectories(folder.resolve("worker"));
      Files.writeString(
          folder.resolve(file),
          text.replace("jobs:high=6,normal=3,low=1", "jobs:vip=90,high=6,normal=3,low=1"));
    }
    Map<String, Object> settings =
        Map.of(
            "server.port",
            0,
            "outpost.env",
            "missinglane",
            "outpost.agents.demo",
            "always",
            "outpost.worker.slots",
            1,
            "outpost.routes",
            folder.toString());
    try (var outpost = LocalOutpost.on(aws.endpoints(), "local", settings)) {
      var operator = Client.of(outpost.address()).with(outpost.adminKey());
      var tenant = operator.newTenant("Acme");
      for (var priority : new String[] {"high", "normal", "low"}) {
        var job =
            tenant.submit(
                "{\"agent\":\"claude\",\"command\":\"Say hello\",\"priority\":\"%s\"}"
                    .formatted(priority));
        assertThat(tenant.ended(job).get("status").asText()).isEqualTo("succeeded");
      }
      await()
          .atMost(Duration.ofMinutes(1))
          .until(
              () -> operator.get("/health/ready").body().contains("outpost-jobs-vip-missinglane"));
      assertThat(operator.get("/health/ready").status()).isEqualTo(200);
    }
  }
}
