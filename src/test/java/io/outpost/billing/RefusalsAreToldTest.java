package io.outpost.billing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outpost.local.stripe.LocalStripe;
import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A refusal by Stripe is told to whom it concerns: an invalid address to the tenant, a fault of our
 * account to the operator.
 */
@Tag("product")
class RefusalsAreToldTest {
  private static BillingApi api;

  @BeforeAll
  static void start() {
    api = BillingApi.start(Map.of("outpost.stripe.retries", 1));
  }

  @AfterAll
  static void stop() {
    api.close();
  }

  @AfterEach
  void mend() {
    api.stripe().stub().secretKey().restore();
    api.stripe().stub().account().configurePortal(true);
    api.stripe().stub().account().sell(LocalStripe.PRICE_PRO, true);
  }

  private static Map<String, String> checkout(String tier) {
    return Map.of(
        "tier", tier, "success_url", "https://a.example/ok", "cancel_url", "https://a.example/no");
  }

  private static void assertToldToTheOperator(HttpResponse<String> answer, String operation)
      throws Exception {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(503);
    assertThat(answer.headers().firstValue("Retry-After")).isPresent();
    assertThat(answer.body()).doesNotContain("cus_", "sk_test");
    await().until(() -> billingHealth().contains(operation));
    var health = api.read(api.get("/health/ready", api.outpost().adminKey()));
    assertThat(health.get("status").asText()).isEqualTo("UP");
    api.run("announce-billing-alarms");
    assertThat(api.notices()).anyMatch(notice -> notice.contains(operation));
  }

  private static String billingHealth() throws Exception {
    return api.read(api.get("/health/ready", api.outpost().adminKey()))
        .at("/components/billing")
        .asText();
  }

  @Test
  void aPortalThatNobodyConfigured() throws Exception {
    var client = api.client("ada", "free");
    api.customer(client);
    api.stripe().stub().account().configurePortal(false);
    assertToldToTheOperator(api.get("/billing/portal", client.key()), "getBillingPortal");
    api.stripe().stub().account().configurePortal(true);
    assertThat(api.get("/billing/portal", client.key()).statusCode()).isEqualTo(200);
    await().until(() -> !billingHealth().contains("getBillingPortal"));
  }

  @Test
  void aPriceThatIsArchived() throws Exception {
    var client = api.client("bob", "free");
    api.customer(client);
    api.stripe().stub().account().sell(LocalStripe.PRICE_PRO, false);
    assertToldToTheOperator(
        api.post("/billing/checkout", client.key(), checkout("pro")), "createCheckoutSession");
  }

  @Test
  void aKeyThatIsRevoked() throws Exception {
    var client = api.client("cyd", "free");
    api.customer(client);
    api.stripe().stub().secretKey().revoke();
    assertToldToTheOperator(api.get("/billing/portal", client.key()), "getBillingPortal");
  }

  @Test
  void anAddressThatStripeDoesNotTake() throws Exception {
    var client = api.client("dan", "free");
    api.customer(client);
    api.stripe().stub().account().refuseAddress("dan@elsewhere.example");
    var wish = Map.of("email", "dan@elsewhere.example");
    assertThat(
            api.patch("/tenants/" + client.tenantId(), api.outpost().adminKey(), wish).statusCode())
        .isEqualTo(200);
    var refused = api.get("/billing/portal", client.key());
    assertThat(refused.statusCode()).as(refused.body()).isEqualTo(422);
    assertThat(api.read(refused).at("/errors/0/field").asText()).isEqualTo("email");
    var better = Map.of("email", "dan@example.com");
    api.patch("/tenants/" + client.tenantId(), api.outpost().adminKey(), better);
    assertThat(api.get("/billing/portal", client.key()).statusCode()).isEqualTo(200);
    api.drain();
  }

  /**
   * A second checkout expires the first, and no checkout is opened while Stripe has a subscription.
   */
  @Test
  void keepsToOneSubscription() throws Exception {
    var client = api.client("eve", "free");
    var customer = api.customer(client);
    var first = api.read(api.post("/billing/checkout", client.key(), checkout("pro")));
    var second = api.read(api.post("/billing/checkout", client.key(), checkout("enterprise")));
    assertThat(api.visit("POST", first.get("url").asText()).statusCode()).isEqualTo(400);
    api.stripe().stub().webhooks().hold();
    assertThat(api.visit("POST", second.get("url").asText()).statusCode()).isEqualTo(303);
    // The subscription exists at Stripe, and its event has not arrived.
    assertThat(api.post("/billing/checkout", client.key(), checkout("pro")).statusCode())
        .isEqualTo(409);
    api.stripe().stub().webhooks().release(1, 0);
    api.drain();
    api.stripe().stub().account().subscribe(customer, LocalStripe.PRICE_PRO);
    await()
        .until(
            () -> {
              api.run("announce-billing-alarms");
              return api.notices().stream()
                      .filter(n -> n.contains("two-subscriptions-" + client.tenantId()))
                      .count()
                  == 1;
            });
    assertThat(api.tenant(client).get("tier").asText()).isEqualTo("enterprise");
  }
}
