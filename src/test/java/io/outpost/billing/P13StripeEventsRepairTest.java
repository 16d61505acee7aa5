package io.outpost.billing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outpost.local.stripe.LocalStripe;
import io.outpost.local.stripe.Webhooks;
import io.outpost.platform.aws.Items;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** An event counts once, by whatever way it comes, and one that no webhook brought counts too. */
class P13StripeEventsRepairTest {
  private static BillingApi api;

  @BeforeAll
  static void start() {
    api = BillingApi.start(Map.of());
  }

  @AfterAll
  static void stop() {
    api.close();
  }

  private static void awaitTier(BillingApi.Client client, String tier) {
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> api.tenant(client).get("tier").asText().equals(tier));
  }

  @Test
  void findsEventsThatNoWebhookBrought() throws Exception {
    var client = api.tenant("lost", "free");
    var customer = api.customer(client);
    var hooks = api.stripe().stub().webhooks();
    hooks.hold();
    var account = api.stripe().stub().account();
    var subscription = account.subscribe(customer, LocalStripe.PRICE_PRO).get("id").asText();
    // More than a page of them.
    for (int i = 0; i < 120; i++) {
      account.turn(subscription, "active", "customer.subscription.updated");
    }
    assertThat(hooks.drop()).hasSizeGreaterThan(100);
    assertThat(api.tenant(client).get("tier").asText()).isEqualTo("free");
    api.run("repair-events");
    awaitTier(client, "pro");
    hooks.hold();
    account.cancel(subscription);
    hooks.drop();
    api.run("repair-events");
    awaitTier(client, "free");
  }

  @Test
  void writesOneAuditEntryForAnEventThatComesOften() throws Exception {
    var client = api.tenant("often", "free");
    var customer = api.customer(client);
    var hooks = api.stripe().stub().webhooks();
    hooks.hold();
    api.stripe().stub().account().subscribe(customer, LocalStripe.PRICE_PRO);
    var event = hooks.drop().getFirst();
    for (int i = 0; i < 5; i++) {
      assertThat(hooks.deliver(event)).isEqualTo(200);
    }
    awaitTier(client, "pro");
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> entries(client, event.get("type").asText()) == 1);
    assertThat(hooks.deliver(event)).isEqualTo(200);
    api.run("repair-events");
    assertThat(entries(client, event.get("type").asText())).isEqualTo(1);
  }

  private static long entries(BillingApi.Client client, String type) {
    return api
        .dynamoDb()
        .query(
            q ->
                q.tableName(api.table("audit"))
                    .keyConditionExpression("tenant_id = :tenant")
                    .expressionAttributeValues(Map.of(":tenant", Items.text(client.tenantId()))))
        .items()
        .stream()
        .filter(item -> item.containsKey("action"))
        .filter(item -> item.get("action").s().equals("stripe." + type))
        .count();
  }

  /** What we do not handle is acknowledged, so that Stripe does not send it again. */
  @Test
  void acknowledgesUnknownTypes() throws Exception {
    var text =
        """
        {"id": "evt_unknown", "object": "event", "type": "radar.early_fraud_warning.created",
         "created": %d, "api_version": "2024-04-10", "data": {"object": {"id": "issfr_1"}}}"""
            .formatted(Instant.now().getEpochSecond());
    var body = text.getBytes(StandardCharsets.UTF_8);
    var signature = Webhooks.sign("whsec_outpost_stub", Instant.now().getEpochSecond(), body);
    var answer = api.webhook(body, signature);
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("{\"received\": true}");
    await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () ->
                api.dynamoDb()
                    .getItem(
                        g ->
                            g.tableName(api.table("events"))
                                .key(Map.of("event_id", Items.text("evt_unknown"))))
                    .item()
                    .containsKey("applied_at"));
  }

  /** A customer of somebody else in the same Stripe account is none of our business. */
  @Test
  void ignoresStrangers() throws Exception {
    var account = api.stripe().stub().account();
    var stranger = account.addCustomer("stranger@example.com");
    var hooks = api.stripe().stub().webhooks();
    hooks.hold();
    account.subscribe(stranger, LocalStripe.PRICE_PRO);
    var event = hooks.drop().getFirst();
    assertThat(hooks.deliver(event)).isEqualTo(200);
    await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () ->
                api.dynamoDb()
                    .getItem(
                        g ->
                            g.tableName(api.table("events"))
                                .key(Map.of("event_id", Items.text(event.get("id").asText()))))
                    .item()
                    .containsKey("applied_at"));
  }
}
