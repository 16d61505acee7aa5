package io.outpost.billing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.outpost.kernel.Ids;
import io.outpost.local.stripe.Faults.Fault;
import io.outpost.local.stripe.LocalStripe;
import io.outpost.local.stripe.StripeStub;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A tenant reads its subscription and its next invoice, as Stripe states them. */
@Tag("product")
class GetSubscriptionTest {
  private static BillingApi api;

  @BeforeAll
  static void start() {
    api = BillingApi.start(Map.of());
  }

  @AfterAll
  static void stop() {
    api.close();
  }

  private static JsonNode subscription(BillingApi.Client client) throws Exception {
    var answer = api.get("/billing/subscription", client.key());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return api.read(answer);
  }

  /** Subscribes and waits until the API shows the subscription. */
  private static JsonNode subscribed(BillingApi.Client client, String price) throws Exception {
    api.stripe().stub().account().subscribe(api.customer(client), price);
    await().until(() -> !subscription(client).get("price_id").isNull());
    return subscription(client);
  }

  private static long previews() {
    return api.stripe().stub().calls().stream()
        .filter(call -> call.path().endsWith("/create_preview"))
        .count();
  }

  @Test
  void whoNeverSubscribedHasAPeriodAndNothingElse() throws Exception {
    var client = api.client("never", "free");
    var none = subscription(client);
    assertThat(none.get("tier").asText()).isEqualTo("free");
    assertThat(none.get("cancel_at_period_end").asBoolean(true)).isFalse();
    for (var field : new String[] {"status", "price_id", "next_invoice"}) {
      assertThat(none.get(field).isNull()).as(field).isTrue();
    }
    var usage = api.read(api.get("/billing/usage", client.key()));
    assertThat(none.get("period_start")).isEqualTo(usage.get("period_start"));
    assertThat(none.get("period_end")).isEqualTo(usage.get("period_end"));
  }

  @Test
  void tellsTheNextInvoiceOfAFixedPrice() throws Exception {
    var client = api.client("fixed", "free");
    var pro = subscribed(client, LocalStripe.PRICE_PRO);
    assertThat(pro.get("tier").asText()).isEqualTo("pro");
    assertThat(pro.get("status").asText()).isEqualTo("active");
    assertThat(pro.get("price_id").asText()).isEqualTo(LocalStripe.PRICE_PRO);
    assertThat(pro.at("/next_invoice/amount_due").asLong()).isEqualTo(4_900);
    assertThat(pro.at("/next_invoice/currency").asText()).isEqualTo("usd");
    assertThat(pro.at("/next_invoice/at")).isEqualTo(pro.get("period_end"));
    var before = previews();
    for (int i = 0; i < 5; i++) {
      subscription(client);
    }
    assertThat(previews()).isEqualTo(before);
  }

  @Test
  void tellsWhatWasUsedSoFar() throws Exception {
    var client = api.client("metered", "free");
    var customer = api.customer(client);
    api.stripe().stub().account().subscribe(customer, LocalStripe.PRICE_ENTERPRISE);
    await().until(() -> api.tenant(client).get("tier").asText().equals("enterprise"));
    for (int i = 0; i < 3; i++) {
      new Ledger(api).add(client.tenantId(), Ids.ulid(), Instant.now());
    }
    api.run("report-usage");
    assertThat(subscription(client).at("/next_invoice/amount_due").asLong()).isEqualTo(75);
  }

  /** Cancels as the portal does: a fixed price is not billed again. */
  @Test
  void cancellingAtPeriodEndShows() throws Exception {
    var client = api.client("leaving", "free");
    var subscription =
        api.stripe().stub().account().subscribe(api.customer(client), LocalStripe.PRICE_PRO);
    var form = "cancel_at_period_end=true";
    try (var http = HttpClient.newHttpClient()) {
      var answer =
          http.send(
              HttpRequest.newBuilder(
                      URI.create(
                          api.stripe().stub().base()
                              + "/v1/subscriptions/"
                              + subscription.get("id").asText()))
                  .header("Authorization", "Bearer " + StripeStub.SECRET_KEY)
                  .POST(HttpRequest.BodyPublishers.ofString(form))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }
    await().until(() -> subscription(client).get("cancel_at_period_end").asBoolean());
    var leaving = subscription(client);
    assertThat(leaving.get("tier").asText()).isEqualTo("pro");
    assertThat(leaving.get("next_invoice").isNull()).isTrue();
  }

  @Test
  void whileStripeIsDownItSaysSo() throws Exception {
    var client = api.client("waiting", "free");
    api.customer(client);
    api.stripe().stub().faults().next(8, Fault.SERVER_ERROR, "GET", "/v1/subscriptions");
    var answer = api.get("/billing/subscription", client.key());
    api.stripe().stub().faults().none();
    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.headers().firstValue("Retry-After")).isPresent();
  }
}
