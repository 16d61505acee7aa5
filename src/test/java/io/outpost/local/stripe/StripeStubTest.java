package io.outpost.local.stripe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.stripe.StripeClient;
import com.stripe.exception.ApiConnectionException;
import com.stripe.exception.ApiException;
import com.stripe.exception.IdempotencyException;
import com.stripe.exception.InvalidRequestException;
import com.stripe.exception.RateLimitException;
import com.stripe.exception.StripeException;
import com.stripe.model.Customer;
import com.stripe.model.Event;
import com.stripe.model.Subscription;
import com.stripe.model.checkout.Session;
import com.stripe.net.RequestOptions;
import com.stripe.net.Webhook;
import com.stripe.param.CustomerCreateParams;
import com.stripe.param.EventListParams;
import com.stripe.param.SubscriptionCreateParams;
import com.stripe.param.billing.MeterEventAdjustmentCreateParams;
import com.stripe.param.billing.MeterEventCreateParams;
import com.stripe.param.billing.MeterEventSummaryListParams;
import com.stripe.param.checkout.SessionCreateParams;
import com.sun.net.httpserver.HttpServer;
import io.outpost.local.stripe.Faults.Fault;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The stub behaves as Stripe towards Stripe's own Java client. */
class StripeStubTest {
  private final SettableClock clock = new SettableClock("2026-01-31T10:00:00Z");
  private final StripeStub stub = StripeStub.start(0, clock);
  private StripeClient stripe;
  private String meter;

  @BeforeEach
  void connect() {
    stripe =
        StripeClient.builder()
            .setApiKey(StripeStub.SECRET_KEY)
            .setApiBase(stub.base().toString())
            .setReadTimeout(1_000)
            .setMaxNetworkRetries(0)
            .build();
    meter = stub.account().addMeter("jobs");
    stub.account().addPrice("price_pro", "Pro", 4_900, null);
    stub.account().addPrice("price_per_job", "Jobs", 10, meter);
  }

  @AfterEach
  void stop() {
    stub.close();
  }

  private Customer customer() throws StripeException {
    return stripe
        .v1()
        .customers()
        .create(
            CustomerCreateParams.builder()
                .setName("Ada & Söhne")
                .setEmail("ada@example.com")
                .putMetadata("tenant_id", "t-1")
                .build());
  }

  private static MeterEventCreateParams event(String customer, String identifier) {
    return MeterEventCreateParams.builder()
        .setEventName("jobs")
        .setIdentifier(identifier)
        .putPayload("stripe_customer_id", customer)
        .putPayload("value", "1")
        .build();
  }

  @Test
  void keepsWhatItIsGiven() throws StripeException {
    Customer made = customer();
    Customer read = stripe.v1().customers().retrieve(made.getId());
    assertThat(read.getName()).isEqualTo("Ada & Söhne");
    assertThat(read.getMetadata()).containsEntry("tenant_id", "t-1");
    stripe.v1().customers().delete(made.getId());
    assertThat(stripe.v1().customers().retrieve(made.getId()).getDeleted()).isTrue();
    assertThatThrownBy(() -> stripe.v1().customers().retrieve("cus_none"))
        .isInstanceOfSatisfying(
            InvalidRequestException.class,
            e -> assertThat(e.getCode()).isEqualTo("resource_missing"));
  }

  @Test
  void refusesParametersThatStripesTypesDoNotHave() {
    var params = CustomerCreateParams.builder().putExtraParam("nickname", "Ada").build();
    assertThatThrownBy(() -> stripe.v1().customers().create(params))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("nickname");
    var subscription =
        SubscriptionCreateParams.builder()
            .setCustomer("cus_1")
            .putExtraParam("collection_method", "by_pigeon")
            .build();
    assertThatThrownBy(() -> stripe.v1().subscriptions().create(subscription))
        .hasMessageContaining("collection_method");
    assertThat(stub.account().customers()).isEmpty();
  }

  /** A configured webhook secret is used for signatures by the stub, too. */
  @Test
  void callsThingsWhatItsUserCallsThem() throws StripeException {
    var chosen =
        Map.of(
            "OUTPOST_STRIPE_WEBHOOK_SECRET", "whsec_new,whsec_old",
            "OUTPOST_STRIPE_PRICE_PRO", "price_mine,price_older",
            "OUTPOST_STRIPE_METER_EVENT_NAME", "my_jobs");
    try (var local = LocalStripe.start(Clock.systemUTC(), chosen::get)) {
      assertThat(local.settings())
          .containsEntry("outpost.stripe.webhook-secrets", "whsec_new,whsec_old")
          .containsEntry("outpost.stripe.price-pro", "price_mine,price_older")
          .containsEntry("outpost.stripe.price-enterprise", LocalStripe.PRICE_ENTERPRISE)
          .containsEntry("outpost.stripe.meter-event-name", "my_jobs");
      var client =
          StripeClient.builder()
              .setApiKey(StripeStub.SECRET_KEY)
              .setApiBase(local.stub().base().toString())
              .build();
      assertThat(client.v1().prices().retrieve("price_older").getActive()).isTrue();
    }
  }

  @Test
  void refusesAWrongKey() {
    var stranger =
        StripeClient.builder().setApiKey("sk_test_x").setApiBase(stub.base().toString()).build();
    assertThatThrownBy(() -> stranger.v1().customers().list())
        .isInstanceOfSatisfying(
            StripeException.class, e -> assertThat(e.getStatusCode()).isEqualTo(401));
  }

  @Test
  void answersAnIdempotencyKeyOnceForADay() throws StripeException {
    var options = RequestOptions.builder().setIdempotencyKey("k").build();
    var params = CustomerCreateParams.builder().setName("Ada").build();
    String first = stripe.v1().customers().create(params, options).getId();
    Customer again = stripe.v1().customers().create(params, options);
    assertThat(again.getId()).isEqualTo(first);
    assertThat(again.getLastResponse().headers().firstValue("Idempotent-Replayed"))
        .hasValue("true");
    var other = CustomerCreateParams.builder().setName("Bob").build();
    assertThatThrownBy(() -> stripe.v1().customers().create(other, options))
        .isInstanceOf(IdempotencyException.class);
    clock.advance(Duration.ofHours(25));
    assertThat(stripe.v1().customers().create(params, options).getId()).isNotEqualTo(first);
  }

  @Test
  void refusesAnIdempotencyKeyThatIsInUse() throws Exception {
    var options = RequestOptions.builder().setIdempotencyKey("k").build();
    var params = CustomerCreateParams.builder().setName("Ada").build();
    whileOneCallHangs(
        () -> stripe.v1().customers().create(params, options),
        () ->
            assertThatThrownBy(() -> stripe.v1().customers().create(params, options))
                .isInstanceOfSatisfying(
                    StripeException.class, e -> assertThat(e.getStatusCode()).isEqualTo(409)));
    assertThat(stub.account().customers()).hasSize(1);
  }

  @Test
  void takesOneMeterEventOfACustomerAtATime() throws Exception {
    String ada = customer().getId();
    String bob = customer().getId();
    whileOneCallHangs(
        () -> stripe.v1().billing().meterEvents().create(event(ada, "job-1")),
        () -> {
          assertThatThrownBy(() -> stripe.v1().billing().meterEvents().create(event(ada, "job-2")))
              .isInstanceOfSatisfying(
                  RateLimitException.class, e -> assertThat(e.getCode()).isEqualTo("lock_timeout"));
          stripe.v1().billing().meterEvents().create(event(bob, "job-3"));
        });
    assertThat(stub.account().counted()).containsOnlyKeys("job-1", "job-3");
  }

  /** A step of a test, which may throw. */
  private interface Step {
    void run() throws Exception;
  }

  private void whileOneCallHangs(Step hanging, Step meanwhile) throws Exception {
    CountDownLatch arrived = new CountDownLatch(1);
    CountDownLatch released = new CountDownLatch(1);
    stub.gate(
        call -> {
          stub.gate(next -> {});
          arrived.countDown();
          try {
            released.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    CompletableFuture<Void> done =
        CompletableFuture.runAsync(
            () -> {
              try {
                hanging.run();
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            });
    assertThat(arrived.await(3, TimeUnit.MINUTES)).isTrue();
    try {
      meanwhile.run();
    } finally {
      released.countDown();
    }
    done.get(3, TimeUnit.MINUTES);
  }

  @Test
  void countsAnIdentifierOnceADay() throws StripeException {
    String ada = customer().getId();
    stripe.v1().billing().meterEvents().create(event(ada, "job-1"));
    clock.advance(Duration.ofHours(24).minusSeconds(1));
    assertThatThrownBy(() -> stripe.v1().billing().meterEvents().create(event(ada, "job-1")))
        .hasMessageContaining("already exists with identifier job-1");
    assertThat(stub.account().used(meter, ada)).isEqualTo(1);
    clock.advance(Duration.ofSeconds(1));
    stripe.v1().billing().meterEvents().create(event(ada, "job-1"));
    assertThat(stub.account().counted()).containsEntry("job-1", 2);
  }

  @Test
  void cancelsAMeterEventWithinADay() throws StripeException {
    String ada = customer().getId();
    var cancel =
        MeterEventAdjustmentCreateParams.builder()
            .setEventName("jobs")
            .setType(MeterEventAdjustmentCreateParams.Type.CANCEL)
            .setCancel(
                MeterEventAdjustmentCreateParams.Cancel.builder().setIdentifier("job-1").build())
            .build();
    stripe.v1().billing().meterEvents().create(event(ada, "job-1"));
    stripe.v1().billing().meterEventAdjustments().create(cancel);
    assertThat(stub.account().used(meter, ada)).isZero();
    stripe.v1().billing().meterEvents().create(event(ada, "job-1"));
    clock.advance(Duration.ofHours(25));
    assertThatThrownBy(() -> stripe.v1().billing().meterEventAdjustments().create(cancel))
        .isInstanceOf(InvalidRequestException.class);
  }

  @Test
  void sumsUsageByTime() throws StripeException {
    String ada = customer().getId();
    long start = clock.instant().getEpochSecond();
    stripe.v1().billing().meterEvents().create(event(ada, "job-1"));
    clock.advance(Duration.ofHours(2));
    stripe.v1().billing().meterEvents().create(event(ada, "job-2"));
    var whole =
        MeterEventSummaryListParams.builder()
            .setCustomer(ada)
            .setStartTime(start)
            .setEndTime(start + 3 * 3600);
    var hourly =
        whole.setValueGroupingWindow(MeterEventSummaryListParams.ValueGroupingWindow.HOUR).build();
    var summaries = stripe.v1().billing().meters().eventSummaries().list(meter, hourly).getData();
    assertThat(summaries)
        .hasSize(2)
        .allMatch(summary -> summary.getAggregatedValue().intValueExact() == 1);
    whole.setValueGroupingWindow(null);
    summaries =
        stripe.v1().billing().meters().eventSummaries().list(meter, whole.build()).getData();
    assertThat(summaries)
        .singleElement()
        .matches(summary -> summary.getAggregatedValue().intValueExact() == 2);
    assertThatThrownBy(
            () ->
                stripe
                    .v1()
                    .billing()
                    .meters()
                    .eventSummaries()
                    .list(meter, whole.setStartTime(start + 1).build()))
        .isInstanceOf(InvalidRequestException.class);
  }

  @Test
  void sellsASubscriptionOnItsPage() throws Exception {
    String ada = customer().getId();
    Session session =
        stripe
            .v1()
            .checkout()
            .sessions()
            .create(
                SessionCreateParams.builder()
                    .setMode(SessionCreateParams.Mode.SUBSCRIPTION)
                    .setCustomer(ada)
                    .setSuccessUrl("https://example.com/done?s={CHECKOUT_SESSION_ID}")
                    .addLineItem(
                        SessionCreateParams.LineItem.builder()
                            .setPrice("price_pro")
                            .setQuantity(1L)
                            .build())
                    .addLineItem(
                        SessionCreateParams.LineItem.builder().setPrice("price_per_job").build())
                    .build());
    assertThat(visit("GET", session.getUrl()).body()).contains("price_pro", "<form");
    var paid = visit("POST", session.getUrl());
    assertThat(paid.headers().firstValue("Location"))
        .hasValue("https://example.com/done?s=" + session.getId());
    visit("POST", session.getUrl());
    assertThat(stub.account().events())
        .extracting(event -> event.get("type").asText())
        .containsExactly(
            "customer.created",
            "customer.subscription.created",
            "invoice.created",
            "invoice.finalized",
            "invoice.paid",
            "invoice.payment_succeeded",
            "checkout.session.completed");
    Session done = stripe.v1().checkout().sessions().retrieve(session.getId());
    Subscription subscription = stripe.v1().subscriptions().retrieve(done.getSubscription());
    assertThat(subscription.getStatus()).isEqualTo("active");
    assertThat(subscription.getItems().getData().getFirst().getCurrentPeriodEnd())
        .isEqualTo(Instant.parse("2026-02-28T10:00:00Z").getEpochSecond());
    stripe.v1().billing().meterEvents().create(event(ada, "job-1"));
    stripe.v1().billing().meterEvents().create(event(ada, "job-2"));
    String invoice = stub.account().renew(subscription.getId()).get("id").asText();
    assertThat(stripe.v1().invoices().retrieve(invoice).getTotal()).isEqualTo(4_900 + 2 * 10);
  }

  private static HttpResponse<String> visit(String method, String url) throws Exception {
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(
          HttpRequest.newBuilder(URI.create(url))
              .method(method, HttpRequest.BodyPublishers.noBody())
              .build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }

  /** For an hour after a period's end its usage still counts; then the invoice is final. */
  @Test
  void finalizesAnInvoiceAfterAnHour() throws StripeException {
    String ada = customer().getId();
    stub.account().subscribe(ada, "price_per_job");
    stripe.v1().billing().meterEvents().create(event(ada, "job-1"));
    long end = Instant.parse("2026-02-28T10:00:00Z").getEpochSecond();
    clock.set(Instant.ofEpochSecond(end));
    stub.account().pass(customer -> true);
    assertThat(newest("status")).isEqualTo("draft");
    report(ada, "job-2", end - 1);
    report(ada, "job-3", end);
    clock.advance(Duration.ofHours(1));
    stub.account().pass(customer -> true);
    assertThat(newest("status")).isEqualTo("paid");
    assertThat(newest("total")).isEqualTo("20");
    report(ada, "job-4", end - 2);
    assertThat(newest("total")).isEqualTo("20");
  }

  private String newest(String field) {
    return stub.account().invoices().getLast().get(field).asText();
  }

  private void report(String customer, String identifier, long at) throws StripeException {
    stripe
        .v1()
        .billing()
        .meterEvents()
        .create(
            MeterEventCreateParams.builder()
                .setEventName("jobs")
                .setIdentifier(identifier)
                .setTimestamp(at)
                .putPayload("stripe_customer_id", customer)
                .putPayload("value", "1")
                .build());
  }

  /** A fault of an accepted meter event is reported later by an event that names the report. */
  @Test
  void judgesMeterEventsAfterItTookThem() throws StripeException {
    stub.account().meterLag(60);
    stripe.v1().billing().meterEvents().create(event("cus_none", "job-1"));
    String ada = customer().getId();
    stripe.v1().billing().meterEvents().create(event(ada, "job-2"));
    assertThat(stub.account().used(meter, ada)).isZero();
    clock.advance(Duration.ofSeconds(60));
    assertThat(stub.account().used(meter, ada)).isEqualTo(1);
    assertThat(stub.account().counted()).containsOnlyKeys("job-2");
  }

  /** A stored error is repeated for its idempotency key for a day. */
  @Test
  void answersAStoredErrorAgain() throws StripeException {
    var options = RequestOptions.builder().setIdempotencyKey("k").build();
    var params = CustomerCreateParams.builder().setName("Ada").build();
    stub.faults().next(1, Fault.SERVER_ERROR_AFTER);
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> stripe.v1().customers().create(params, options))
          .isInstanceOf(ApiException.class);
    }
    assertThat(stub.account().customers()).hasSize(1);
    clock.advance(Duration.ofHours(25));
    assertThat(stripe.v1().customers().create(params, options).getId()).isNotNull();
  }

  @Test
  void failsAsItIsTold() throws StripeException {
    stub.faults().next(1, Fault.RATE_LIMITED);
    stub.faults().next(1, Fault.SERVER_ERROR);
    stub.faults().next(1, Fault.TIMEOUT);
    assertThatThrownBy(this::customer).isInstanceOf(RateLimitException.class);
    assertThatThrownBy(this::customer).isInstanceOf(ApiException.class);
    assertThat(stub.account().customers()).isEmpty();
    assertThatThrownBy(this::customer).isInstanceOf(ApiConnectionException.class);
    assertThat(stub.account().customers()).hasSize(1);
    customer();
    assertThat(stub.account().customers()).hasSize(2);
    stub.faults().next(1, Fault.DROPPED, "/v1/customers");
    assertThatThrownBy(() -> visit("POST", stub.base() + "/v1/customers"))
        .isInstanceOf(IOException.class);
  }

  @Test
  void listsEventsByTypeAndTimeInPages() throws StripeException {
    customer();
    clock.advance(Duration.ofHours(1));
    for (int i = 0; i < 5; i++) {
      customer();
    }
    var recent =
        EventListParams.builder()
            .setType("customer.created")
            .setLimit(2L)
            .setCreated(
                EventListParams.Created.builder().setGte(clock.instant().getEpochSecond()).build())
            .build();
    int seen = 0;
    for (Event event : stripe.v1().events().list(recent).autoPagingIterable()) {
      assertThat(event.getApiVersion()).isEqualTo("2026-07-29.dahlia");
      seen++;
    }
    assertThat(seen).isEqualTo(5);
  }

  @Test
  void sendsSignedEventsDoubledAndShuffled() throws Exception {
    BlockingQueue<Event> received = new LinkedBlockingQueue<>();
    HttpServer endpoint =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    endpoint.createContext(
        "/",
        exchange -> {
          String body =
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          String signature = exchange.getRequestHeaders().getFirst("Stripe-Signature");
          try {
            received.add(Webhook.constructEvent(body, signature, "whsec_1", 300L, clock));
          } catch (StripeException e) {
            throw new IllegalStateException(e);
          }
          exchange.sendResponseHeaders(200, -1);
        });
    endpoint.start();
    try {
      int port = endpoint.getAddress().getPort();
      stub.webhooks().deliverTo(URI.create("http://127.0.0.1:" + port), "whsec_1");
      customer();
      stub.webhooks().flush();
      assertThat(received).hasSize(1);
      stub.webhooks().hold();
      for (int i = 0; i < 10; i++) {
        customer();
      }
      assertThat(received).hasSize(1);
      stub.webhooks().release(2, 7);
      List<String> order = received.stream().skip(1).map(Event::getId).toList();
      assertThat(order).hasSize(20).isNotEqualTo(order.stream().sorted().toList());
      assertThat(order.stream().distinct()).hasSize(10);
    } finally {
      endpoint.stop(0);
    }
  }
}
