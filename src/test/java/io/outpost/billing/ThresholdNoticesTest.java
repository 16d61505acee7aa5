package io.outpost.billing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outpost.kernel.Json;
import io.outpost.store.Items;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * Who pays hears of 80 % and 100 % when jobs are submitted: no job has ended, Stripe is not asked.
 */
@Tag("product")
class ThresholdNoticesTest {
  private static final Map<String, String> JOB = Map.of("agent", "claude", "command", "Say hello");

  private static BillingApi api;

  @BeforeAll
  static void start() {
    api =
        BillingApi.start(
            Map.of(
                "outpost.agents.demo", "always",
                "outpost.worker.slots", 0,
                "outpost.stripe.secret-key", ""));
  }

  @AfterAll
  static void stop() {
    api.close();
  }

  private static void submit(BillingApi.Client client, int jobs) throws Exception {
    for (int i = 0; i < jobs; i++) {
      assertThat(api.post("/jobs", client.key(), JOB).statusCode()).isEqualTo(202);
    }
  }

  private static List<String> notices(BillingApi.Client client) {
    return api.notices().stream().filter(message -> message.contains(client.tenantId())).toList();
  }

  private static void awaitNotices(BillingApi.Client client, int many) {
    await().atMost(Duration.ofMinutes(1)).until(() -> notices(client).size() >= many);
  }

  @Test
  void eachThresholdIsToldOnceAtSubmit() throws Exception {
    var client = api.client("near", "free");
    submit(client, 8);
    awaitNotices(client, 1);
    assertThat(notices(client))
        .singleElement()
        .asString()
        .contains("\"percent\":80")
        .contains("near@example.com");
    submit(client, 2);
    awaitNotices(client, 2);
    assertThat(api.post("/jobs", client.key(), JOB).statusCode()).isEqualTo(402);
    api.run("tell-untold-thresholds");
    assertThat(notices(client)).hasSize(2).last().asString().contains("\"percent\":100");
    for (var action : List.of("billing.quota-80", "billing.quota-100")) {
      assertThat(api.backstage().audited(client, action)).isEqualTo(1);
    }
  }

  @Test
  void theTenantsOwnLimitIsWatchedInEveryTier() throws Exception {
    var client = api.client("capped", "enterprise");
    submit(client, 3);
    assertThat(notices(client)).isEmpty();
    api.patch("/tenants/" + client.tenantId(), client.key(), Map.of("monthly_job_limit", 3));
    awaitNotices(client, 2);
    assertThat(notices(client)).hasSize(2).allMatch(notice -> notice.contains("monthly_job_limit"));
  }

  /** A crash between writing a notice and telling it loses nothing. */
  @Test
  void whatACrashKeptFromBeingToldIsTold() throws Exception {
    var client = api.client("crashed", "free");
    Map<String, AttributeValue> notice = new HashMap<>();
    notice.put("tenant_id", Items.text(client.tenantId()));
    notice.put("sk", Items.text("notice#2026-11-01T00:00:00.000Z#80"));
    notice.put("job_id", Items.text("01JZZZZZZZZZZZZZZZZZZZZZZZ"));
    notice.put("unreported_shard", Items.text("notice#0"));
    notice.put("percent", Items.number(80));
    notice.put("used", Items.number(8));
    notice.put("quota", Items.number(10));
    notice.put("own", AttributeValue.fromBool(false));
    notice.put("email", Items.text("crashed@example.com"));
    for (var time : List.of("period_start", "period_end", "given_at")) {
      notice.put(time, Items.text(Json.time(Instant.now())));
    }
    api.dynamoDb().putItem(p -> p.tableName(api.table("usage")).item(notice));
    api.run("tell-untold-thresholds");
    api.run("tell-untold-thresholds");
    assertThat(notices(client)).hasSize(1);
  }
}
