package io.outpost.billing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.outpost.aws.AwsProbe;
import io.outpost.local.stripe.Faults.Fault;
import io.outpost.local.stripe.LocalStripe;
import io.outpost.tenant.Tenant;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.camel.CamelContext;
import org.apache.camel.ProducerTemplate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A tenant gets its customer, subscribes, changes and cancels, through the pages that a person
 * uses.
 */
@Tag("product")
class SubscribeTest {
  private static BillingApi api;

  @BeforeAll
  static void start() {
    api = BillingApi.start(Map.of("outpost.probe", true));
  }

  @AfterAll
  static void stop() {
    api.close();
  }

  private static Map<String, String> checkout(String tier) {
    return Map.of(
        "tier", tier, "success_url", "https://a.example/ok", "cancel_url", "https://a.example/no");
  }

  @Test
  void paysForATierAndCancelsIt() throws Exception {
    var client = api.client("ada", "free");
    var session = api.post("/billing/checkout", client.key(), checkout("pro"));
    assertThat(session.statusCode()).as(session.body()).isEqualTo(201);
    var url = api.read(session).get("url").asText();
    var paid = api.visit("POST", url);
    assertThat(paid.headers().firstValue("Location")).hasValue("https://a.example/ok");
    awaitTier(client, "pro");
    assertThat(api.tenant(client).get("subscription_status").asText()).isEqualTo("active");
    var again = api.post("/billing/checkout", client.key(), checkout("enterprise"));
    assertThat(again.statusCode()).isEqualTo(409);

    var portal = api.get("/billing/portal?return_url=https://a.example/back", client.key());
    assertThat(portal.statusCode()).as(portal.body()).isEqualTo(200);
    var browser = api.get("/billing/portal", client.key(), "Accept", "text/html,*/*;q=0.8");
    assertThat(browser.statusCode()).isEqualTo(303);
    assertThat(browser.headers().firstValue("Location")).isPresent();
    assertThat(browser.body()).isEmpty();
    var back = api.visit("POST", api.read(portal).get("url").asText());
    assertThat(back.headers().firstValue("Location")).hasValue("https://a.example/back");
    awaitTier(client, "free");
    assertThat(api.tenant(client).get("subscription_status").asText()).isEqualTo("canceled");
  }

  @Test
  void givesEveryTenantACustomerThoughStripeStumbles() throws Exception {
    api.stripe().stub().faults().next(2, Fault.SERVER_ERROR, "/v1/customers");
    api.stripe().stub().faults().next(1, Fault.TIMEOUT, "/v1/customers");
    var client = api.client("bob", "free");
    await().until(() -> !api.tenant(client).get("stripe_customer_id").isNull());
    assertThat(api.stripe().stub().account().customers())
        .filteredOn(c -> c.at("/metadata/tenant_id").asText().equals(client.tenantId()))
        .hasSize(1);
  }

  @Test
  void endsTheSubscriptionOfADeletedTenant() throws Exception {
    var client = api.tenant("leaver", "free");
    var customer = api.customer(client);
    api.stripe().stub().account().subscribe(customer, LocalStripe.PRICE_PRO);
    awaitTier(client, "pro");
    assertThat(api.delete("/tenants/" + client.tenantId(), client.key()).statusCode())
        .isEqualTo(204);
    await()
        .until(
            () ->
                api.stripe().stub().account().events().stream()
                    .filter(e -> e.at("/data/object/customer").asText().equals(customer))
                    .anyMatch(e -> e.get("type").asText().equals("customer.subscription.deleted")));
  }

  @Test
  void tellsStripeOfANewNameAndAddress() throws Exception {
    var client = api.tenant("maiden", "free");
    var customer = api.customer(client);
    rename(client, "married", "new@example.com");
    rename(client, "married again", "newer@example.com");
    api.drain();
    assertThat(atStripe(customer).get("name").asText()).isEqualTo("married again");
    assertThat(atStripe(customer).get("email").asText()).isEqualTo("newer@example.com");
  }

  /** The call with the older name reaches Stripe after the newer one was sent and recorded. */
  @Test
  void tellsStripeTheNewestNameThoughAnOlderOneArrivesLast() throws Exception {
    var client = api.tenant("single", "free");
    var customer = api.customer(client);
    var newerNoted = new CountDownLatch(1);
    var olderSent = new CountDownLatch(1);
    api.stripe()
        .stub()
        .gate(
            call -> {
              if (call.params().path("name").asText().equals("engaged")) {
                olderSent.countDown();
                join(newerNoted);
              }
            });
    try {
      rename(client, "engaged", "engaged@example.com");
      join(olderSent);
      rename(client, "wed", "wed@example.com");
      await().until(() -> !isOutdated(client));
      assertThat(atStripe(customer).get("name").asText()).isEqualTo("wed");
    } finally {
      newerNoted.countDown();
    }
    api.drain();
    assertThat(atStripe(customer).get("name").asText()).isEqualTo("wed");
    assertThat(atStripe(customer).get("email").asText()).isEqualTo("wed@example.com");
  }

  /** A container ended after its call with an older name, before it looked at the tenant again. */
  @Test
  void tellsStripeTheNewestNameAfterATryThatWasBrokenOff() throws Exception {
    var client = api.tenant("left", "free");
    var customer = api.customer(client);
    api.drain();
    var context = api.outpost().context();
    var routes = context.getBean(CamelContext.class).getRouteController();
    routes.stopRoute("take-stripe-message");
    try {
      context.getBean(StripeMessages.class).requestCustomer(client.tenantId());
      var queue = api.backstage().url("stripe");
      await()
          .until(
              () ->
                  api.backstage()
                      .sqs()
                      .receiveMessage(r -> r.queueUrl(queue).visibilityTimeout(0))
                      .hasMessages());
      var older = StripeRequests.customerNow("older", "older@example.com");
      context
          .getBean(ProducerTemplate.class)
          .requestBody(
              "direct:call-stripe", StripeCall.post("/v1/customers/" + customer, older, null));
      assertThat(atStripe(customer).get("name").asText()).isEqualTo("older");
    } finally {
      routes.startRoute("take-stripe-message");
    }
    api.drain();
    assertThat(atStripe(customer).get("name").asText()).isEqualTo("left");
    assertThat(atStripe(customer).get("email").asText()).isEqualTo("left@example.com");
  }

  /** The customer was deleted at Stripe, and no event about it has arrived yet. */
  @Test
  void givesATenantAnotherCustomerWhenStripeHasNoneToRename() throws Exception {
    var client = api.tenant("bereft", "free");
    var gone = api.customer(client);
    api.stripe().stub().webhooks().hold();
    api.stripe().stub().account().deleteCustomer(gone);
    api.stripe().stub().webhooks().drop();
    rename(client, "consoled", "consoled@example.com");
    await().until(() -> !api.customer(client).equals(gone));
    api.drain();
    assertThat(atStripe(api.customer(client)).get("name").asText()).isEqualTo("consoled");
  }

  /** If Stripe is down or our message is lost, the repair creates the customer. */
  @Test
  void tellsStripeLaterWhatItMissed() throws Exception {
    var client = api.tenant("unheard", "free");
    var customer = api.customer(client);
    try (var down = probe().down("Sqs", "SendMessage")) {
      rename(client, "heard", "heard@example.com");
    }
    api.drain();
    assertThat(atStripe(customer).get("name").asText()).isEqualTo("unheard");
    api.run("repair-customers");
    api.drain();
    assertThat(atStripe(customer).get("name").asText()).isEqualTo("heard");
    api.run("repair-customers");
    api.drain();
    assertThat(api.stripe().stub().calls())
        .filteredOn(call -> call.path().equals("/v1/customers/" + customer))
        .hasSize(1);
  }

  /** A request that read the tenant before it was linked does not undo the link. */
  @Test
  void keepsACustomerThatIsLinkedDuringAChange() throws Exception {
    var client = api.tenant("racer", "free");
    var customer = api.customer(client);
    api.dynamoDb()
        .updateItem(
            u ->
                u.tableName(api.table("tenants"))
                    .key(Tenant.key(client.tenantId()))
                    .updateExpression("REMOVE stripe_customer_id"));
    var linked = new AtomicBoolean();
    try (var meanwhile =
        probe()
            .beforeEach(
                call -> {
                  if (call.mentions("renamed") && linked.compareAndSet(false, true)) {
                    link(client);
                  }
                })) {
      rename(client, "renamed", "renamed@example.com");
    }
    assertThat(linked).isTrue();
    assertThat(api.tenant(client).get("stripe_customer_id").asText()).isEqualTo(customer);
    api.drain();
    assertThat(atStripe(customer).get("name").asText()).isEqualTo("renamed");
  }

  private static boolean isOutdated(BillingApi.Client client) {
    return api.dynamoDb()
        .getItem(
            g ->
                g.tableName(api.table("tenants"))
                    .key(Tenant.key(client.tenantId()))
                    .consistentRead(true))
        .item()
        .get("customer_outdated")
        .bool();
  }

  private static void join(CountDownLatch latch) {
    try {
      assertThat(latch.await(1, TimeUnit.MINUTES)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void link(BillingApi.Client client) {
    api.outpost()
        .context()
        .getBean(ProducerTemplate.class)
        .send(
            "direct:ensure-customer",
            exchange -> exchange.setProperty("tenantId", client.tenantId()));
  }

  private static AwsProbe probe() {
    return api.outpost().context().getBean(AwsProbe.class);
  }

  private static void rename(BillingApi.Client client, String name, String email) throws Exception {
    var wish = Map.of("name", name, "email", email);
    var answer = api.patch("/tenants/" + client.tenantId(), client.key(), wish);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
  }

  private static JsonNode atStripe(String customer) {
    return api.stripe().stub().account().customers().stream()
        .filter(one -> one.get("id").asText().equals(customer))
        .findFirst()
        .orElseThrow();
  }

  private static void awaitTier(BillingApi.Client client, String tier) {
    await().until(() -> api.tenant(client).get("tier").asText().equals(tier));
  }
}
