package io.outpost.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outpost.local.AwsClients;
import io.outpost.local.EmbeddedAws;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** After Ctrl-C or SIGTERM Outpost ends within ten seconds and leaves no job half done. */
@Tag("product")
class CtrlCTest {

  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final String KEY = "op_live_0123456789abcdef0123456789abcdef";

  @TempDir Path folder;

  @Test
  void aShortJobIsFinishedAndALongOneIsHandedBack() throws Exception {
    var data = folder.resolve("data");
    String quick;
    String endless;
    try (var outpost =
        OutpostProcess.start(
            folder,
            Map.of("OUTPOST_LOCAL_DATA", data.toString(), "OUTPOST_BOOTSTRAP_ADMIN_KEY", KEY))) {
      var acme = Client.of(outpost.awaitReady()).with(KEY).newTenant("Acme");
      endless = acme.submit("claude", "sleep 300");
      awaitRunning(acme, endless);
      quick = acme.submit("claude", "sleep 1");
      awaitRunning(acme, quick);
      var agents = outpost.children();
      assertThat(agents).isNotEmpty();

      assertThat(outpost.terminate(LIMIT)).as("gone in time:\n%s", outpost.printed()).isTrue();
      await().untilAsserted(() -> assertThat(agents).noneMatch(ProcessHandle::isAlive));
      assertThat(outpost.printed())
          .doesNotContain(" ERROR ")
          .as("P19: a key that the user has chosen is not printed")
          .doesNotContain(KEY);
    }
    try (var aws = EmbeddedAws.start(Optional.of(data));
        var clients = aws.clients()) {
      assertThat(job(clients, quick)).containsEntry("status", AttributeValue.fromS("succeeded"));
      assertThat(job(clients, endless))
          .containsEntry("status", AttributeValue.fromS("pending"))
          .containsEntry("attempts", AttributeValue.fromN("0"));
    }
  }

  private static void awaitRunning(Client client, String jobId) {
    await()
        .pollInterval(Duration.ofMillis(20))
        .until(() -> client.get("/jobs/" + jobId).text("status").equals("running"));
  }

  private static Map<String, AttributeValue> job(AwsClients clients, String jobId) {
    var found =
        clients
            .dynamoDb()
            .scan(
                s ->
                    s.tableName("outpost-jobs-local")
                        .filterExpression("job_id = :id")
                        .expressionAttributeValues(Map.of(":id", AttributeValue.fromS(jobId))));
    return found.items().getFirst();
  }
}
