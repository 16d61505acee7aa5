package io.outpost.billing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outpost.kernel.Ids;
import io.outpost.local.stripe.LocalStripe;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.ProducerTemplate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Disputes, refunds, warnings and stuck invoices raise notices to operators or tenants. */
@Tag("product")
class MoneyEventsTest {
  private static BillingApi api;

  @BeforeAll
  static void start() {
    api = BillingApi.start(Map.of("outpost.worker.slots", 0));
  }

  @AfterAll
  static void stop() {
    api.close();
  }

  private static List<String> notices(BillingApi.Client client, String type) {
    return api.notices().stream()
        .filter(notice -> notice.contains(client.tenantId()) && notice.contains(type))
        .toList();
  }

  /** These objects name only a payment, not a customer. */
  @ParameterizedTest
  @CsvSource({
    "charge.dispute.created, dispute",
    "charge.dispute.closed, dispute",
    "charge.refunded, charge",
    "radar.early_fraud_warning.created, radar.early_fraud_warning"
  })
  void operatorsHearOfEachOnce(String type, String kind) throws Exception {
    var client = api.tenant("paid-" + kind.length() + type.length(), "free");
    var customer = api.customer(client);
    var event = api.stripe().stub().account().money(customer, type, kind);
    await().until(() -> api.backstage().isApplied(event.get("id").asText()));
    api.stripe().stub().webhooks().deliver(event);
    api.drain();
    assertThat(notices(client, type)).hasSize(1).first().asString().contains("advice");
    assertThat(api.backstage().audited(client, "stripe." + type)).isEqualTo(1);
    assertThat(api.backstage().messages("stripe-dlq")).isZero();
  }

  @Test
  void aPaymentThatWantsActionIsTold() throws Exception {
    var client = api.tenant("confirming", "free");
    var customer = api.customer(client);
    api.stripe().stub().account().trouble(customer, "invoice.payment_action_required");
    await().until(() -> !notices(client, "action").isEmpty());
  }

  /** The alarm about an invoice, also in the readiness check, lasts until the invoice is paid. */
  @Test
  void anInvoiceThatCannotBeFinalIsAnAlarm() throws Exception {
    var client = api.tenant("no-address", "free");
    var customer = api.customer(client);
    api.stripe().stub().account().trouble(customer, "invoice.finalization_failed");
    await().until(() -> ready().contains("invoice-" + customer));
    api.stripe().stub().account().subscribe(customer, LocalStripe.PRICE_PRO);
    await().until(() -> !ready().contains("invoice-" + customer));
  }

  private static String ready() throws Exception {
    return api.get("/health/ready", api.outpost().adminKey()).body();
  }

  /**
   * Usage is reported as soon as a draft exists, because the draft counts reports of one hour only.
   */
  @Test
  void whatIsUnreportedGoesOutWhenADraftIsMade() throws Exception {
    var client = api.tenant("drafted", "free");
    var customer = api.customer(client);
    new Ledger(api).add(client.tenantId(), Ids.ulid(), Instant.now());
    api.stripe().stub().account().subscribe(customer, LocalStripe.PRICE_ENTERPRISE);
    api.stripe().stub().account().trouble(customer, "invoice.created");
    await().until(() -> api.stripe().counted(customer) == 1);
  }

  /** One queue message reports a bounded part of the usage and requests the next part. */
  @Test
  void aDraftsUsageGoesOutPartByPart() throws Exception {
    var client = api.tenant("much-used", "free");
    var customer = api.customer(client);
    api.drain();
    for (int i = 0; i < 120; i++) {
      new Ledger(api).add(client.tenantId(), Ids.ulid(), Instant.now());
    }
    var context = api.outpost().context().getBean(CamelContext.class);
    context.getRouteController().stopRoute("take-stripe-message");
    draftIsMade(customer);
    assertThat(api.stripe().counted(customer)).isEqualTo(50);
    assertThat(api.backstage().messages("stripe")).isEqualTo(1);
    context.getRouteController().startRoute("take-stripe-message");
    api.drain();
    assertThat(api.stripe().counted(customer)).isEqualTo(120);
  }

  /** While our account is at fault, drafts start no reports; only the timer tries again. */
  @Test
  void aDraftsUsageWaitsWhileOurAccountIsAtFault() throws Exception {
    var client = api.tenant("waiting-for-us", "free");
    var customer = api.customer(client);
    api.drain();
    new Ledger(api).add(client.tenantId(), Ids.ulid(), Instant.now());
    api.stripe().stub().secretKey().revoke();
    api.run("report-usage");
    long tried = reports();
    draftIsMade(customer);
    assertThat(reports()).isEqualTo(tried);
    api.stripe().stub().secretKey().restore();
    api.run("report-usage");
    assertThat(api.stripe().counted(customer)).isEqualTo(1);
  }

  /** Applies the event of a new draft synchronously. */
  private static void draftIsMade(String customer) {
    var event =
        new StripeEvent(
            "evt_" + Ids.ulid(), "invoice.created", "2026", Instant.now(), customer, null);
    var applied =
        api.outpost()
            .context()
            .getBean(ProducerTemplate.class)
            .send("direct:apply-stripe-event", one -> one.setProperty("event", event));
    assertThat(applied.getException()).isNull();
  }

  private static long reports() {
    return api.stripe().stub().calls().stream()
        .filter(call -> call.path().equals("/v1/billing/meter_events"))
        .count();
  }

  /** Events about customers of other products in the same Stripe account are ignored. */
  @Test
  void whatTheAccountSellsBesideIsIgnored() {
    var account = api.stripe().stub().account();
    var stranger = account.addCustomer("stranger@example.com");
    double ignored = api.backstage().counted("outpost.billing.events.foreign");
    var events =
        List.of(
            account.trouble(stranger, "invoice.finalization_failed"),
            account.trouble(stranger, "invoice.payment_action_required"),
            account.money(stranger, "charge.dispute.created", "dispute"),
            account.money(stranger, "charge.refunded", "charge"));
    for (var event : events) {
      await().until(() -> api.backstage().isApplied(event.get("id").asText()));
    }
    api.run("announce-billing-alarms");
    assertThat(api.notices()).noneMatch(notice -> notice.contains(stranger));
    assertThat(api.outpost().context().getBean(BillingAlarms.class).stands("invoice-" + stranger))
        .isFalse();
    assertThat(api.backstage().counted("outpost.billing.events.foreign"))
        .isEqualTo(ignored + events.size());
  }

  /** A faulty Stripe account is reported at the start and does not prevent it. */
  @Test
  void theStartUpCheckWarns() throws Exception {
    api.stripe().stub().account().configurePortal(false);
    api.run("check-billing-setup");
    await().until(() -> ready().contains("setup"));
    assertThat(api.notices()).anyMatch(notice -> notice.contains("portal"));
    api.stripe().stub().account().configurePortal(true);
    api.run("check-billing-setup");
    await().until(() -> !ready().contains("setup"));
    api.stripe().stub().secretKey().revoke();
    api.run("check-billing-setup");
    api.stripe().stub().secretKey().restore();
    await().until(() -> ready().contains("setup"));
    api.run("check-billing-setup");
  }

  /** Two settings turn taxes and promotion codes on in each checkout. */
  @Test
  void taxesAndPromotionCodesAreSettings() {
    for (boolean on : List.of(true, false)) {
      var form =
          StripeRequests.checkout("t", "cus_1", "price_1", true, "https://a", "https://b", on, on);
      assertThat(
              form.contains("automatic_tax%5Benabled%5D=true")
                  || form.contains("automatic_tax[enabled]=true"))
          .isEqualTo(on);
      assertThat(form.contains("allow_promotion_codes=true")).isEqualTo(on);
    }
  }
}
