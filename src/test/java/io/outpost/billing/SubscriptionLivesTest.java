package io.outpost.billing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.stripe.StripeClient;
import com.stripe.param.SubscriptionCreateParams;
import io.outpost.local.stripe.Card;
import io.outpost.local.stripe.LocalStripe;
import io.outpost.local.stripe.StripeStub;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The states of a subscription at Stripe, and the tenant's state and notices in each. */
@Tag("product")
class SubscriptionLivesTest {
  private static final String FLAT = "price_enterprise_flat";
  private static final String SECOND_SECRET = "whsec_second";

  /** An installation's own route that counts the tenants whose tier becomes pro. */
  private static final String COUNTS_PRO =
      """
      - route:
          id: tenant-changed
          description: Counts the changes of tenants that have the tier pro.
          from:
            uri: direct:tenant-changed
            steps:
              - filter:
                  id: if-pro
                  simple: "${body.tier} == 'PRO'"
                  steps:
                    - to: { id: count-pro, uri: "micrometer:counter:outpost.own.pro" }
      """;

  private static BillingApi api;
  private static StripeStub stub;

  @BeforeAll
  static void start(@TempDir Path routes) throws IOException {
    var common = Files.createDirectory(routes.resolve("common"));
    Files.writeString(common.resolve("tenant-changed.camel.yaml"), COUNTS_PRO);
    api =
        BillingApi.start(
            Map.of(
                "outpost.routes",
                routes.toString(),
                "outpost.worker.slots",
                0,
                "outpost.stripe.price-enterprise",
                LocalStripe.PRICE_ENTERPRISE + "," + FLAT,
                "outpost.stripe.webhook-secrets",
                "whsec_outpost_stub," + SECOND_SECRET));
    stub = api.stripe().stub();
    stub.account().addPrice(FLAT, "Enterprise at a flat rate", 99_000, null);
  }

  @AfterAll
  static void stop() {
    api.close();
  }

  private static Map<String, String> checkout(String tier) {
    return Map.of(
        "tier", tier, "success_url", "https://a.example/ok", "cancel_url", "https://a.example/no");
  }

  private static String opened(BillingApi.Client client, String tier) throws Exception {
    var answer = api.post("/billing/checkout", client.key(), checkout(tier));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
    return api.read(answer).get("url").asText();
  }

  private static String portal(BillingApi.Client client) throws Exception {
    return api.read(api.get("/billing/portal", client.key())).get("url").asText();
  }

  private static void settle() throws Exception {
    stub.webhooks().flush();
    api.drain();
  }

  private static String tier(BillingApi.Client client) throws Exception {
    settle();
    return api.tenant(client).get("tier").asText();
  }

  private static String subscription(String customer) {
    return stub.account().subscriptions().stream()
        .filter(one -> one.get("customer").asText().equals(customer))
        .reduce((one, next) -> next)
        .map(one -> one.get("id").asText())
        .orElseThrow();
  }

  /** A declined card buys nothing, and another card can be tried on the same page. */
  @Test
  void aDeclinedCardBuysNothing() throws Exception {
    var client = api.client("declined", "free");
    var customer = api.customer(client);
    stub.account().card(customer, Card.DECLINES);
    var page = opened(client, "pro");
    assertThat(api.visit("POST", page).statusCode()).isEqualTo(402);
    assertThat(tier(client)).isEqualTo("free");
    stub.account().card(customer, Card.PAYS);
    assertThat(api.visit("POST", page).statusCode()).isEqualTo(303);
    assertThat(tier(client)).isEqualTo("pro");
  }

  /**
   * A payment that needs the cardholder's confirmation gives the tier only once it is confirmed.
   */
  @Test
  void aPaymentThatWaitsForItsCardholderGivesNothingYet() throws Exception {
    var client = api.client("asked", "free");
    var customer = api.customer(client);
    stub.account().card(customer, Card.ASKS);
    var waiting = stub.account().subscribe(customer, LocalStripe.PRICE_PRO);
    assertThat(waiting.get("status").asText()).isEqualTo("incomplete");
    assertThat(tier(client)).isEqualTo("free");
    assertThat(api.notices())
        .anyMatch(
            notice -> notice.contains("payment_action_required") && notice.contains(customer));
    stub.account().card(customer, Card.PAYS);
    stub.account().pay(waiting.get("latest_invoice").asText());
    assertThat(tier(client)).isEqualTo("pro");
  }

  /**
   * The audit queue and an installation's own route get the change at once, without the sweeper.
   */
  @Test
  void whatASubscriptionChangesIsToldAtOnce() throws Exception {
    var client = api.client("told", "free");
    var customer = api.customer(client);
    settle();
    var backstage = api.backstage();
    var heard = backstage.counted("outpost.own.pro");
    stub.account().subscribe(customer, LocalStripe.PRICE_PRO);
    assertThat(tier(client)).isEqualTo("pro");
    await().until(() -> backstage.counted("outpost.own.pro") > heard);
    assertThat(backstage.audited(client, "billing.subscription-applied")).isPositive();
    await().until(() -> backstage.untold(client), List::isEmpty);
    assertThat(backstage.counted("outpost.audit.entries.resent")).isZero();
  }

  @Test
  void aTrialIsAPaidTier() throws Exception {
    var client = api.client("on-trial", "free");
    var stripe =
        StripeClient.builder()
            .setApiKey(StripeStub.SECRET_KEY)
            .setApiBase(stub.base().toString())
            .build();
    stripe
        .v1()
        .subscriptions()
        .create(
            SubscriptionCreateParams.builder()
                .setCustomer(api.customer(client))
                .setTrialPeriodDays(14L)
                .addItem(
                    SubscriptionCreateParams.Item.builder().setPrice(LocalStripe.PRICE_PRO).build())
                .build());
    assertThat(tier(client)).isEqualTo("pro");
    var seen = api.read(api.get("/billing/subscription", client.key()));
    assertThat(seen.get("status").asText()).isEqualTo("trialing");
  }

  /** The portal changes the tier, cancels at the period's end and takes that back. */
  @Test
  void theTierIsChangedInThePortal() throws Exception {
    var client = api.client("portal-user", "free");
    api.visit("POST", opened(client, "pro"));
    assertThat(tier(client)).isEqualTo("pro");
    var refused = api.post("/billing/checkout", client.key(), checkout("enterprise"));
    assertThat(refused.statusCode()).isEqualTo(409);
    assertThat(refused.body()).contains("change it in the portal");
    var page = portal(client) + "/" + subscription(api.customer(client));
    assertThat(api.visit("POST", page + "/" + FLAT).statusCode()).isEqualTo(303);
    assertThat(tier(client)).isEqualTo("enterprise");
    api.visit("POST", page + "/cancel");
    assertThat(tier(client)).isEqualTo("enterprise");
    await().until(() -> endsWithPeriod(client));
    api.visit("POST", page + "/renew");
    settle();
    await().until(() -> !endsWithPeriod(client));
  }

  private static boolean endsWithPeriod(BillingApi.Client client) throws Exception {
    return api.read(api.get("/billing/subscription", client.key()))
        .get("cancel_at_period_end")
        .asBoolean();
  }

  /** The portal can only cancel a metered subscription, and its refusal says so. */
  @Test
  void whoPaysByUseHearsHowToChange() throws Exception {
    var client = api.client("by-use", "free");
    api.visit("POST", opened(client, "enterprise"));
    assertThat(tier(client)).isEqualTo("enterprise");
    var page = portal(client) + "/" + subscription(api.customer(client));
    assertThat(api.visit("POST", page + "/" + LocalStripe.PRICE_PRO).statusCode()).isEqualTo(400);
    var refused = api.post("/billing/checkout", client.key(), checkout("pro"));
    assertThat(refused.statusCode()).isEqualTo(409);
    assertThat(refused.body()).contains("cancel it there");
  }

  /**
   * Stripe is asked, not our copy: a subscription whose end we missed does not prevent a new
   * checkout.
   */
  @Test
  void anEndThatWeDidNotHearOfHindersNoCheckout() throws Exception {
    var client = api.client("unheard", "free");
    var customer = api.customer(client);
    var id = stub.account().subscribe(customer, LocalStripe.PRICE_PRO).get("id").asText();
    assertThat(tier(client)).isEqualTo("pro");
    stub.webhooks().hold();
    try {
      stub.account().cancel(id);
    } finally {
      stub.webhooks().drop();
    }
    assertThat(api.tenant(client).get("subscription_status").asText()).isEqualTo("active");
    api.visit("POST", opened(client, "enterprise"));
    assertThat(tier(client)).isEqualTo("enterprise");
  }

  /** Events from two endpoints arrive late, in parallel and in any order; each counts once. */
  @Test
  void eventsOfTwoEndpointsCountOnce() throws Exception {
    var hooks = stub.webhooks();
    hooks.deliverAlsoTo(URI.create(api.outpost().address() + "/webhooks/stripe"), SECOND_SECRET);
    hooks.late(400, 11);
    List<BillingApi.Client> clients = new ArrayList<>();
    try {
      for (int i = 0; i < 4; i++) {
        var client = api.client("late-" + i, "free");
        clients.add(client);
        var customer = api.customer(client);
        var first = stub.account().subscribe(customer, LocalStripe.PRICE_PRO).get("id").asText();
        stub.account().pay(stub.account().renew(first).get("id").asText());
        stub.account().cancel(first);
        stub.account().subscribe(customer, i % 2 == 0 ? FLAT : LocalStripe.PRICE_PRO);
      }
      settle();
    } finally {
      hooks.late(0, 0);
      hooks.deliverTo(
          URI.create(api.outpost().address() + "/webhooks/stripe"), "whsec_outpost_stub");
    }
    for (int i = 0; i < clients.size(); i++) {
      assertThat(tier(clients.get(i))).isEqualTo(i % 2 == 0 ? "enterprise" : "pro");
      var audited = api.backstage();
      assertThat(audited.audited(clients.get(i), "stripe.customer.subscription.created"))
          .isEqualTo(2);
      assertThat(audited.audited(clients.get(i), "stripe.customer.subscription.deleted"))
          .isEqualTo(1);
    }
  }
}
