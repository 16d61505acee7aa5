package io.outpost.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outpost.agents.OfferedAgents;
import io.outpost.blackbox.Client;
import io.outpost.job.JobFeature;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * A job with a new option is refused while a worker of the previous release, which would ignore it,
 * takes jobs.
 */
@Tag("product")
class NewFeaturesTest {

  private static final Duration LONG = Duration.ofMinutes(1);
  private static final String TABLE = "outpost-tenants-local";

  private static final String LFS =
      "{\"agent\":\"claude\",\"command\":\"Go\",\"repository\":{\"url\":\"https://github.com/a/b.git\",\"lfs\":true}}";
  private static final String SSH =
      "{\"agent\":\"claude\",\"command\":\"Go\",\"repository\":{\"url\":\"git@github.com:a/b.git\",\"secret\":\"KEY_OF_IT\"}}";
  private static final String PLAIN =
      "{\"agent\":\"claude\",\"command\":\"Go\",\"repository\":{\"url\":\"https://github.com/a/b.git\"}}";

  @Test
  void aJobForWhichAWorkerIsTooOldIsRefusedUntilThatIsGone() {
    var settings = Map.<String, Object>of("server.port", 0, "outpost.env", "local");
    try (var aws = EmbeddedAws.start(Optional.empty());
        var clients = aws.clients();
        var api = LocalOutpost.on(aws.endpoints(), "api", settings)) {
      var workers = api.context().getBean(OfferedAgents.class);
      var tenant = Client.of(api.address()).with(api.adminKey()).newTenant("Features");
      assertThat(tenant.post("/jobs", LFS).status()).as("jobs wait for a worker").isEqualTo(202);

      workers.tell("new", new TreeSet<>(List.of("claude")), JobFeature.names(), 4, 0);
      await().until(() -> workers.slots().isPresent());
      assertThat(tenant.post("/jobs", LFS).status()).isEqualTo(202);

      var old =
          Map.of(
              "tenant_id", AttributeValue.fromS("workers"),
              "sk", AttributeValue.fromS("agents#old"),
              "agents", AttributeValue.fromSs(List.of("claude")),
              "believed_until", AttributeValue.fromS(Instant.now().plus(LONG).toString()));
      clients.dynamoDb().putItem(p -> p.tableName(TABLE).item(old));
      await().until(() -> !workers.allKnow(JobFeature.SSH.name()));
      for (var asks : List.of(LFS, SSH)) {
        var refused = tenant.post("/jobs", asks);
        assertThat(refused.status()).as(refused.body()).isEqualTo(503);
        assertThat(refused.text("detail")).contains("are being replaced");
      }
      assertThat(tenant.post("/jobs", PLAIN).status()).as("known to all").isEqualTo(202);

      workers.withdraw("old");
      await().until(() -> workers.allKnow(JobFeature.SSH.name()));
      assertThat(tenant.post("/jobs", LFS).status()).isEqualTo(202);
    }
  }
}
