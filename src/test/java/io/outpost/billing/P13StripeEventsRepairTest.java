package io.outpost.billing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.outpost.local.stripe.LocalStripe;
import io.outpost.local.stripe.Webhooks;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * An event is applied once, whether webhook or repair brings it, and also when its webhook was
 * lost.
 */
@Tag("product")
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

  /**
   * The ids of the events that the repair lists: without drafts and final invoices, which change no
   * tenant.
   */
  private static List<String> ids(List<ObjectNode> events) {
    return events.stream()
        .filter(event -> !event.get("type").asText().matches("invoice[.](created|finalized)"))
        .map(event -> event.get("id").asText())
        .toList();
  }

  @Test
  void findsEventsThatNoWebhookBrought() throws Exception {
    var client = api.tenant("lost", "free");
    var customer = api.customer(client);
    var hooks = api.stripe().stub().webhooks();
    hooks.hold();
    var account = api.stripe().stub().account();
    var subscription = account.subscribe(customer, LocalStripe.PRICE_PRO).get("id").asText();
    // More events than a page holds.
    for (int i = 0; i < 120; i++) {
      account.turn(subscription, "active", "customer.subscription.updated");
    }
    var lost = ids(hooks.drop());
    assertThat(lost).hasSizeGreaterThan(100);
    assertThat(api.tenant(client).get("tier").asText()).isEqualTo("free");
    api.run("repair-events");
    api.drain();
    assertThat(lost).allMatch(api.backstage()::isApplied);
    assertThat(api.tenant(client).get("tier").asText()).isEqualTo("pro");
    hooks.hold();
    account.cancel(subscription);
    var end = ids(hooks.drop());
    api.run("repair-events");
    api.drain();
    assertThat(end).allMatch(api.backstage()::isApplied);
    assertThat(api.tenant(client).get("tier").asText()).isEqualTo("free");
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
    api.drain();
    assertThat(api.tenant(client).get("tier").asText()).isEqualTo("pro");
    assertThat(api.backstage().audited(client, "stripe." + event.get("type").asText()))
        .isEqualTo(1);
    assertThat(hooks.deliver(event)).isEqualTo(200);
    api.run("repair-events");
    api.drain();
    assertThat(api.backstage().audited(client, "stripe." + event.get("type").asText()))
        .isEqualTo(1);
  }

  /** Unknown types of events are acknowledged, so that Stripe does not resend them. */
  @Test
  void acknowledgesUnknownTypes() throws Exception {
    var text =
        """
        {"id": "evt_unknown", "object": "event", "type": "radar.early_fraud_warning.updated",
         "created": %d, "api_version": "2024-04-10", "data": {"object": {"id": "issfr_1"}}}\
        """
            .formatted(Instant.now().getEpochSecond());
    api.drain();
    var unhandled = api.backstage().counted("outpost.billing.events.unhandled");
    var body = text.getBytes(StandardCharsets.UTF_8);
    var signature = Webhooks.sign("whsec_outpost_stub", Instant.now().getEpochSecond(), body);
    var answer = api.webhook(body, signature);
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("{\"received\": true}");
    api.drain();
    assertThat(api.backstage().isApplied("evt_unknown")).isTrue();
    assertThat(api.backstage().counted("outpost.billing.events.unhandled"))
        .isEqualTo(unhandled + 1);
  }

  /** A tenant whose customer was deleted at Stripe becomes free and gets a new customer. */
  @Test
  void survivesTheLossOfACustomer() throws Exception {
    var client = api.client("loser", "free");
    var customer = api.customer(client);
    var stub = api.stripe().stub();
    stub.account().subscribe(customer, LocalStripe.PRICE_PRO);
    stub.webhooks().flush();
    api.drain();
    assertThat(api.tenant(client).get("tier").asText()).isEqualTo("pro");
    stub.account().deleteCustomer(customer);
    stub.webhooks().flush();
    api.drain();
    var left = api.tenant(client);
    assertThat(left.get("tier").asText()).isEqualTo("free");
    assertThat(left.get("subscription_status").asText()).isEqualTo("canceled");
    assertThat(left.hasNonNull("stripe_customer_id")).isFalse();
    api.run("repair-customers");
    assertThat(api.customer(client)).isNotEqualTo(customer);
  }

  /** A message that keeps failing becomes a dead letter and delays no other message. */
  @Test
  void setsAsideWhatKeepsFailing() throws Exception {
    var backstage = api.backstage();
    backstage.repeatFailures(Duration.ofSeconds(1), 8);
    try {
      backstage.sqs().sendMessage(m -> m.queueUrl(backstage.url("stripe")).messageBody("no JSON"));
      api.customer(api.tenant("behind", "free"));
      await()
          .until(() -> backstage.messages("stripe-dlq") == 1 && backstage.messages("stripe") == 0);
    } finally {
      api.repeatFailuresSoon();
    }
  }

  /** A webhook endpoint for connected accounts gets events of other accounts and of both modes. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        """
        {"id": "evt_elsewhere1", "object": "event", "type": "charge.dispute.created",
         "created": 1764000000, "api_version": "2026-07-29.dahlia", "account": "acct_2",
         "livemode": true, "data": {"object": {"object": "dispute", "charge": "ch_elsewhere"}}}""",
        """
        {"id": "evt_elsewhere2", "object": "event", "type": "customer.subscription.updated",
         "created": 1764000000, "api_version": "2026-07-29.dahlia", "livemode": true,
         "data": {"object": {"object": "subscription", "customer": "cus_elsewhere"}}}""",
        """
        {"id": "evt_elsewhere3", "object": "v2.core.event", "livemode": true,
         "type": "v1.billing.meter.error_report_triggered",
         "created": "2026-11-21T12:00:00.000Z"}"""
      })
  void ignoresOtherAccountsAndTheOtherMode(String event) throws Exception {
    var body = event.getBytes(StandardCharsets.UTF_8);
    var signature = Webhooks.sign("whsec_outpost_stub", Instant.now().getEpochSecond(), body);
    assertThat(api.webhook(body, signature).statusCode()).isEqualTo(200);
    api.drain();
    assertThat(api.backstage().isApplied(event.substring(8, 22))).isTrue();
  }

  /** Events about customers that are not ours, in the same Stripe account, are ignored. */
  @Test
  void ignoresStrangers() throws Exception {
    var account = api.stripe().stub().account();
    var stranger = account.addCustomer("stranger@example.com");
    var hooks = api.stripe().stub().webhooks();
    hooks.hold();
    account.subscribe(stranger, LocalStripe.PRICE_PRO);
    var event = hooks.drop().getFirst();
    assertThat(hooks.deliver(event)).isEqualTo(200);
    api.drain();
    assertThat(api.backstage().isApplied(event.get("id").asText())).isTrue();
  }
}
