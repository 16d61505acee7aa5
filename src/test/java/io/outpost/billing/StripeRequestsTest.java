package io.outpost.billing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.outpost.local.stripe.SettableClock;
import io.outpost.local.stripe.StripeStub;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Stripe's own types accept our requests, and we can read its answers. */
class StripeRequestsTest {
  private final SettableClock clock = new SettableClock("2026-11-21T12:00:00Z");
  private final StripeStub stub = StripeStub.start(0, clock);
  private final HttpClient http = HttpClient.newHttpClient();
  private String meter;
  private String customer;

  @BeforeEach
  void seed() throws Exception {
    meter = stub.account().addMeter("outpost_jobs");
    stub.account().addPrice("price_pro", "Pro", 4_900, null);
    stub.account().addPrice("price_use", "Jobs", 10, meter);
    String json = post("/v1/customers", StripeRequests.customer("t-1", "Ada", "ada@example.com"));
    customer = StripeAnswers.customerId(json);
  }

  @AfterEach
  void stop() {
    http.close();
    stub.close();
  }

  private String post(String path, String form) throws Exception {
    return send(request(path).POST(HttpRequest.BodyPublishers.ofString(form)));
  }

  private String get(String path, String query) throws Exception {
    return send(request(path + "?" + query));
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(stub.base() + path))
        .header("Authorization", "Bearer " + StripeStub.SECRET_KEY)
        .header("Content-Type", "application/x-www-form-urlencoded");
  }

  private String send(HttpRequest.Builder request) throws Exception {
    var answer = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return answer.body();
  }

  @Test
  void findsTheCustomerOfATenantAgain() throws Exception {
    post("/v1/customers", StripeRequests.customer("t-2", "Bob", "ada@example.com"));
    post("/v1/customers", StripeRequests.customer("t-1", "Ada", "ada@example.com"));
    String list = get("/v1/customers", StripeRequests.customersWith("ada@example.com", null));
    assertThat(StripeAnswers.customerOf(list, "t-1")).hasValue(customer);
    assertThat(StripeAnswers.customerOf(list, "t-3")).isEmpty();
    assertThat(StripeAnswers.tenantOf(get("/v1/customers/" + customer, ""))).hasValue("t-1");
  }

  @Test
  void tellsACustomersNewNameAndAddress() throws Exception {
    post("/v1/customers/" + customer, StripeRequests.customerNow("Ada L.", "l@example.com"));
    String list = get("/v1/customers", StripeRequests.customersWith("l@example.com", null));
    assertThat(StripeAnswers.customerOf(list, "t-1")).hasValue(customer);
    assertThat(list).contains("Ada L.");
  }

  @Test
  void sellsLicensedAndMeteredPrices() throws Exception {
    for (String price : List.of("price_pro", "price_use")) {
      boolean metered = StripeAnswers.isMetered(get("/v1/prices/" + price, ""));
      assertThat(metered).isEqualTo(price.equals("price_use"));
      String form =
          StripeRequests.checkout(
              "t-1",
              customer,
              price,
              metered,
              "https://a.example/ok",
              "https://a.example/no",
              false,
              true);
      String url = StripeAnswers.sessionUrl(post("/v1/checkout/sessions", form));
      assertThat(url).startsWith(stub.base().toString());
    }
  }

  @Test
  void opensThePortal() throws Exception {
    for (String returnUrl : new String[] {null, "https://a.example/billing?x=1&y=2"}) {
      String form = StripeRequests.portal(customer, returnUrl);
      String url = StripeAnswers.sessionUrl(post("/v1/billing_portal/sessions", form));
      assertThat(url).startsWith(stub.base().toString());
    }
  }

  @Test
  void readsSubscriptionsWithTheirUnpaidInvoice() throws Exception {
    String id = stub.account().subscribe(customer, "price_pro").get("id").asText();
    assertThat(subscriptions())
        .containsExactly(
            new StripeSubscription(
                id,
                "active",
                List.of("price_pro"),
                clock.instant(),
                clock.instant(),
                clock.instant()));
    Instant began = clock.instant();
    clock.advance(Duration.ofDays(30));
    stub.account().fail(stub.account().renew(id).get("id").asText());
    assertThat(subscriptions())
        .containsExactly(
            new StripeSubscription(
                id, "past_due", List.of("price_pro"), began, began, clock.instant()));
    stub.account().cancel(id);
    assertThat(subscriptions()).extracting(StripeSubscription::status).containsExactly("canceled");
  }

  private List<StripeSubscription> subscriptions() throws Exception {
    return StripeAnswers.subscriptions(
        get("/v1/subscriptions", StripeRequests.subscriptionsOf(customer)));
  }

  @Test
  void reportsAndCorrectsUsage() throws Exception {
    Instant minute = clock.instant();
    for (String job : List.of("j1", "j2", "j3")) {
      post(
          "/v1/billing/meter_events",
          StripeRequests.meterEvent("outpost_jobs", customer, job, minute));
    }
    post(
        "/v1/billing/meter_event_adjustments",
        StripeRequests.cancelMeterEvent("outpost_jobs", "j2"));
    post(
        "/v1/billing/meter_events",
        StripeRequests.counterEvent("outpost_jobs", customer, "j3", minute));
    String meters = get("/v1/billing/meters", StripeRequests.meters());
    assertThat(StripeAnswers.meterOf(meters, "outpost_jobs")).hasValue(meter);
    assertThat(StripeAnswers.meterOf(meters, "others")).isEmpty();
    String path = "/v1/billing/meters/" + meter + "/event_summaries";
    String query = StripeRequests.meterSummary(customer, minute, minute.plusSeconds(60));
    assertThat(StripeAnswers.counted(get(path, query))).isEqualTo(1);
  }

  @Test
  void asksForEventsOfAKind() throws Exception {
    stub.account().subscribe(customer, "price_pro");
    List<String> types = List.of("invoice.paid", "customer.deleted");
    String answer = get("/v1/events", StripeRequests.events(types, clock.instant(), null));
    assertThat(answer).contains("invoice.paid").doesNotContain("customer.created");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "null", "[]", "{}", "{\"id\": []}", "<html>", "{\"data\": 1}"})
  void refusesAnswersThatAreNone(String answer) {
    assertThatThrownBy(() -> StripeAnswers.customerId(answer))
        .isInstanceOf(StripeAnswers.Unreadable.class)
        .hasNoCause();
    assertThatThrownBy(() -> StripeAnswers.subscriptions(answer))
        .isInstanceOf(StripeAnswers.Unreadable.class);
    assertThatThrownBy(() -> StripeAnswers.sessionUrl(answer))
        .isInstanceOf(StripeAnswers.Unreadable.class);
  }
}
