package io.outpost.billing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.outpost.local.stripe.LocalStripe;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tenants read their usage by day, agent, key and label, also of past periods. */
@Tag("product")
class UsageAnswersTest {
  private static BillingApi api;

  @BeforeAll
  static void start() {
    api = BillingApi.start(Map.of("outpost.agents.demo", "always"));
  }

  @AfterAll
  static void stop() {
    api.close();
  }

  private static JsonNode usage(BillingApi.Client client, String query) throws Exception {
    var answer = api.get("/billing/usage" + query, client.key());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return api.read(answer);
  }

  private static void run(BillingApi.Client client, String key, String agent) throws Exception {
    run(client, key, agent, Map.of());
  }

  private static void run(
      BillingApi.Client client, String key, String agent, Map<String, String> labels)
      throws Exception {
    var job =
        api.post("/jobs", key, Map.of("agent", agent, "command", "Say hello", "labels", labels));
    assertThat(job.statusCode()).as(job.body()).isEqualTo(202);
    var id = api.read(job).get("job_id").asText();
    await()
        .until(
            () -> api.read(api.get("/jobs/" + id, client.key())).get("completed_at").isTextual());
  }

  private static List<String> groups(JsonNode usage) {
    List<String> groups = new ArrayList<>();
    usage.get("groups").forEach(g -> groups.add(g.get("name").asText() + "=" + g.get("jobs")));
    return groups;
  }

  @Test
  void groupsByDayAgentAndKey() throws Exception {
    var client = api.client("grouped", "enterprise");
    var keys = "/tenants/" + client.tenantId() + "/api-keys";
    var second =
        api.read(
            api.post(
                keys,
                api.outpost().adminKey(),
                Map.of("name", "ci", "scopes", List.of("jobs:write"))));
    run(client, client.key(), "claude");
    run(client, client.key(), "codex");
    run(client, second.get("key").asText(), "claude");
    assertThat(usage(client, "").has("groups")).isFalse();
    assertThat(groups(usage(client, "?group_by=agent"))).containsExactly("claude=2", "codex=1");
    var today = Instant.now().atZone(ZoneOffset.UTC).toLocalDate();
    assertThat(groups(usage(client, "?group_by=day"))).containsExactly(today + "=3");
    assertThat(groups(usage(client, "?group_by=key")))
        .hasSize(2)
        .contains(second.get("key_id").asText() + "=1");
    for (var group : usage(client, "?group_by=key").get("groups")) {
      assertThat(group.get("cost_usd").isNumber()).isTrue();
    }
    assertThat(usage(client, "").get("used").asInt()).isEqualTo(3);
    assertThat(api.get("/billing/usage?group_by=colour", client.key()).statusCode()).isEqualTo(400);
  }

  /** Every job counts either under its value of the label or among those without one. */
  @Test
  void groupsByLabel() throws Exception {
    var client = api.client("labelled", "enterprise");
    run(client, client.key(), "claude", Map.of("team", "payments", "team.lead", "ann"));
    run(client, client.key(), "claude", Map.of("team", "pay#1", "env", ""));
    run(client, client.key(), "codex", Map.of("team", "pay#1"));
    run(client, client.key(), "codex");
    var teams = usage(client, "?group_by=label:team");
    assertThat(groups(teams)).containsExactly("pay#1=2", "payments=1");
    assertThat(teams.get("ungrouped").get("jobs").asInt()).isEqualTo(1);
    assertThat(groups(usage(client, "?group_by=label:env"))).containsExactly("=1");
    assertThat(groups(usage(client, "?group_by=label:team.lead"))).containsExactly("ann=1");
    assertThat(groups(usage(client, "?group_by=label:tea"))).isEmpty();
    assertThat(usage(client, "?group_by=label:tea").get("ungrouped").get("jobs").asInt())
        .isEqualTo(4);
    assertThat(usage(client, "?group_by=agent").get("ungrouped").get("jobs").asInt()).isZero();
    assertThat(new Ledger(api).all(client.tenantId()).stream().filter(e -> e.containsKey("labels")))
        .hasSize(3);
    for (var wrong : List.of("label", "label:", "label:Team", "label:a%23b", "day%2Cagent")) {
      assertThat(api.get("/billing/usage?group_by=" + wrong, client.key()).statusCode())
          .as(wrong)
          .isEqualTo(400);
    }
  }

  /**
   * A label with a different value for each job is answered in part, and the sum stays complete.
   */
  @Test
  void groupsOfALabelAreBounded() throws Exception {
    var client = api.client("many", "enterprise");
    var start = usage(client, "").get("period_start").asText();
    var ledger = new Ledger(api);
    ledger.sums(client.tenantId(), start, "agent", List.of("claude"), 1003);
    ledger.sums(
        client.tenantId(),
        start,
        "label:order",
        IntStream.range(0, 1003).mapToObj(i -> "o" + i).toList(),
        1);
    var usage = usage(client, "?group_by=label:order");
    assertThat(usage.get("groups")).hasSize(1000);
    assertThat(usage.get("ungrouped").get("jobs").asInt()).isEqualTo(3);
    assertThat(usage.get("ungrouped").get("cost_usd").decimalValue()).isEqualByComparingTo("0");
  }

  /** The answer reads no ledger entries, because they may have expired. */
  @Test
  void asksNoLedger() throws Exception {
    var client = api.client("bounded", "enterprise");
    run(client, client.key(), "claude");
    for (var entry : new Ledger(api).all(client.tenantId())) {
      var key = Map.of("tenant_id", entry.get("tenant_id"), "sk", entry.get("sk"));
      api.dynamoDb().deleteItem(d -> d.tableName(api.table("usage")).key(key));
    }
    var usage = usage(client, "?group_by=agent");
    assertThat(groups(usage)).containsExactly("claude=1");
    assertThat(usage.get("used").asInt()).isEqualTo(1);
  }

  /** The answer about a past period uses the tier and the billing anchor of that time. */
  @Test
  void pastPeriodsStayWhatTheyWere() throws Exception {
    var client = api.client("changing", "free");
    run(client, client.key(), "claude");
    run(client, client.key(), "claude");
    var free = usage(client, "");
    var then = Instant.now();
    api.stripe().stub().account().subscribe(api.customer(client), LocalStripe.PRICE_PRO);
    await().until(() -> usage(client, "").get("tier").asText().equals("pro"));
    // A cached key may have data that is some seconds old.
    var fresh =
        api.read(
            api.post(
                "/tenants/" + client.tenantId() + "/api-keys",
                api.outpost().adminKey(),
                Map.of("name", "fresh", "scopes", List.of("jobs:write"))));
    run(client, fresh.get("key").asText(), "codex");
    var before = usage(client, "?period=" + then + "&group_by=agent");
    assertThat(before.get("tier").asText()).isEqualTo("free");
    assertThat(before.get("limit").asInt()).isEqualTo(10);
    assertThat(before.get("used").asInt()).isEqualTo(2);
    assertThat(before.get("period_start")).isEqualTo(free.get("period_start"));
    assertThat(groups(before)).containsExactly("claude=2");
    var now = usage(client, "?group_by=agent");
    assertThat(now.get("used").asInt()).isEqualTo(1);
    assertThat(groups(now)).containsExactly("codex=1");
  }

  /** The answer about a past period shows the limit of that time. */
  @Test
  void pastLimitsStayWhatTheyWere() throws Exception {
    var client = api.client("limited", "pro");
    api.patch("/tenants/" + client.tenantId(), client.key(), Map.of("monthly_job_limit", 20));
    var then = Instant.now();
    api.patch("/tenants/" + client.tenantId(), client.key(), Map.of("monthly_job_limit", 30));
    api.patch(
        "/tenants/" + client.tenantId(), api.outpost().adminKey(), Map.of("tier", "enterprise"));
    assertThat(usage(client, "?period=" + then).get("limit").asInt()).isEqualTo(20);
    assertThat(usage(client, "?period=" + then).get("tier").asText()).isEqualTo("pro");
    assertThat(usage(client, "").get("limit").asInt()).isEqualTo(30);
    // Before the first recorded change the value from before that change holds.
    assertThat(usage(client, "?period=2020-01").get("limit").asInt()).isEqualTo(100);
  }

  /** A counter that an earlier release wrote is read. */
  @Test
  void countsOnFromACounterOfBefore() throws Exception {
    var client = api.client("older", "free");
    var start = usage(client, "").get("period_start").asText();
    new Ledger(api).count(client.tenantId(), start, 9);
    run(client, client.key(), "claude");
    assertThat(usage(client, "").get("used").asInt()).isEqualTo(10);
    var refused = api.post("/jobs", client.key(), Map.of("agent", "claude", "command", "x"));
    assertThat(refused.statusCode()).isEqualTo(402);
  }
}
