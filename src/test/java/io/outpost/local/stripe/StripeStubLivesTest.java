package io.outpost.local.stripe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.stripe.StripeClient;
import com.stripe.exception.CardException;
import com.stripe.exception.InvalidRequestException;
import com.stripe.exception.StripeException;
import com.stripe.model.Invoice;
import com.stripe.model.InvoiceItem;
import com.stripe.model.InvoiceLineItem;
import com.stripe.model.Subscription;
import com.stripe.param.CustomerCreateParams;
import com.stripe.param.EventListParams;
import com.stripe.param.InvoiceItemListParams;
import com.stripe.param.InvoiceLineItemListParams;
import com.stripe.param.InvoiceListParams;
import com.stripe.param.SubscriptionCreateParams;
import com.stripe.param.SubscriptionListParams;
import com.stripe.param.SubscriptionUpdateParams;
import com.stripe.param.billingportal.SessionCreateParams;
import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Subscriptions, payments, the portal and webhooks of the stub behave like Stripe's, as its
 * documentation states.
 */
class StripeStubLivesTest {
  private final SettableClock clock = new SettableClock("2026-03-01T00:00:00Z");
  private final StripeStub stub = StripeStub.start(0, clock);
  private final Account account = stub.account();
  private StripeClient stripe;
  private String meter;
  private String ada;

  @BeforeEach
  void connect() throws StripeException {
    stripe =
        StripeClient.builder()
            .setApiKey(StripeStub.SECRET_KEY)
            .setApiBase(stub.base().toString())
            .setMaxNetworkRetries(0)
            .build();
    meter = account.addMeter("jobs");
    account.addPrice("price_small", "Small", 3_100, null);
    account.addPrice("price_large", "Large", 6_200, null);
    account.addPrice("price_per_job", "Jobs", 10, meter);
    ada =
        stripe
            .v1()
            .customers()
            .create(CustomerCreateParams.builder().setEmail("ada@example.com").build())
            .getId();
  }

  @AfterEach
  void stop() {
    stub.close();
  }

  private static SubscriptionCreateParams.Builder of(String customer, String price, long quantity) {
    var item = SubscriptionCreateParams.Item.builder().setPrice(price);
    if (!price.equals("price_per_job")) {
      item.setQuantity(quantity);
    }
    return SubscriptionCreateParams.builder().setCustomer(customer).addItem(item.build());
  }

  private Subscription subscribe(String price) throws StripeException {
    return stripe.v1().subscriptions().create(of(ada, price, 1).build());
  }

  private Subscription read(String id) throws StripeException {
    return stripe.v1().subscriptions().retrieve(id);
  }

  private String status(String id) throws StripeException {
    return read(id).getStatus();
  }

  private List<Invoice> invoices() throws StripeException {
    return stripe
        .v1()
        .invoices()
        .list(InvoiceListParams.builder().setCustomer(ada).setLimit(100L).build())
        .getData();
  }

  private void pass(Duration by) {
    var to = clock.instant().plus(by);
    while (!account.nextDue().isAfter(to)) {
      clock.set(account.nextDue());
      account.pass();
    }
    clock.set(to);
  }

  private List<String> told() {
    return account.events().stream().map(event -> event.get("type").asText()).toList();
  }

  /** docs.stripe.com/billing/subscriptions/overview#subscription-statuses. */
  @ParameterizedTest
  @CsvSource({"DECLINES, invoice.payment_failed", "ASKS, invoice.payment_action_required"})
  void isIncompleteUntilTheFirstPayment(Card card, String event) throws StripeException {
    account.card(ada, card);
    var waiting = subscribe("price_small").getId();
    assertThat(status(waiting)).isEqualTo("incomplete");
    assertThat(told()).contains(event);
    account.card(ada, Card.PAYS);
    account.pay(read(waiting).getLatestInvoice());
    assertThat(status(waiting)).isEqualTo("active");
    account.card(ada, card);
    var never = subscribe("price_small").getId();
    pass(Duration.ofHours(23));
    assertThat(status(never)).isEqualTo("incomplete_expired");
    assertThat(invoices().getFirst().getStatus()).isEqualTo("void");
    var strict =
        of(ada, "price_small", 1)
            .setPaymentBehavior(SubscriptionCreateParams.PaymentBehavior.ERROR_IF_INCOMPLETE);
    assertThatThrownBy(() -> stripe.v1().subscriptions().create(strict.build()))
        .isInstanceOf(CardException.class);
    assertThat(subscribe("price_per_job").getStatus()).as("nothing to pay yet").isEqualTo("active");
  }

  /** docs.stripe.com/billing/subscriptions/trials: usage during a trial is free. */
  @Test
  void aTrialCostsNothing() throws StripeException {
    var trial = of(ada, "price_per_job", 1).setTrialPeriodDays(7L).build();
    var id = stripe.v1().subscriptions().create(trial).getId();
    assertThat(status(id)).isEqualTo("trialing");
    account.addUsage(meter, ada, clock.instant());
    pass(Duration.ofDays(7).plusHours(2));
    assertThat(status(id)).isEqualTo("active");
    account.addUsage(meter, ada, clock.instant());
    pass(Duration.ofDays(31).plusHours(2));
    assertThat(invoices()).extracting(Invoice::getTotal).containsExactly(10L, 0L, 0L);
  }

  /** docs.stripe.com/billing/revenue-recovery/smart-retries. */
  @ParameterizedTest
  @CsvSource({"canceled", "unpaid", "past_due"})
  void triesAPaymentAgainAndGivesUp(String end) throws StripeException {
    account.afterLastTry(end);
    var id = subscribe("price_small").getId();
    account.card(ada, Card.DECLINES);
    pass(Duration.ofDays(31).plusHours(1));
    assertThat(status(id)).isEqualTo("past_due");
    pass(Duration.ofDays(14));
    assertThat(status(id)).isEqualTo("past_due");
    pass(Duration.ofDays(1).plusHours(1));
    assertThat(status(id)).isEqualTo(end);
    assertThat(Collections.frequency(told(), "invoice.payment_failed")).isEqualTo(4);
    pass(Duration.ofDays(31));
    var newest = invoices().getFirst();
    switch (end) {
      case "canceled" -> assertThat(invoices()).hasSize(2);
      case "unpaid" -> assertThat(newest.getStatus()).isEqualTo("draft");
      default -> assertThat(newest.getStatus()).isEqualTo("open");
    }
  }

  /** docs.stripe.com/billing/subscriptions/pause-payment. */
  @ParameterizedTest
  @CsvSource({"VOID, void", "MARK_UNCOLLECTIBLE, uncollectible", "KEEP_AS_DRAFT, draft"})
  void pausesPayments(SubscriptionUpdateParams.PauseCollection.Behavior behavior, String status)
      throws StripeException {
    var id = subscribe("price_small").getId();
    var pause = SubscriptionUpdateParams.PauseCollection.builder().setBehavior(behavior).build();
    stripe
        .v1()
        .subscriptions()
        .update(id, SubscriptionUpdateParams.builder().setPauseCollection(pause).build());
    pass(Duration.ofDays(31).plusHours(2));
    assertThat(status(id)).isEqualTo("active");
    assertThat(invoices().getFirst().getStatus()).isEqualTo(status);
  }

  /** docs.stripe.com/billing/subscriptions/prorations; half of March's 31 days. */
  @Test
  void proratesWhatIsNotPaidByUse() throws StripeException {
    var subscription = stripe.v1().subscriptions().create(of(ada, "price_small", 2).build());
    var item = subscription.getItems().getData().getFirst();
    assertThat(item.getQuantity()).isEqualTo(2);
    assertThat(invoices().getFirst().getTotal()).isEqualTo(6_200);
    clock.advance(Duration.ofDays(31).dividedBy(2));
    change(subscription.getId(), item.getId(), "price_large", 1);
    assertThat(positions(true)).extracting(InvoiceItem::getAmount).containsExactly(3_100L, -3_100L);
    change(subscription.getId(), item.getId(), "price_per_job", null);
    assertThat(positions(true)).hasSize(3);
    pass(Duration.ofDays(16));
    assertThat(positions(true)).isEmpty();
    assertThat(invoices().getFirst().getTotal()).isEqualTo(-3_100);
    assertThat(stripe.v1().customers().retrieve(ada).getBalance()).isEqualTo(-3_100);
  }

  private void change(String subscription, String item, String price, Integer quantity)
      throws StripeException {
    var changed = SubscriptionUpdateParams.Item.builder().setId(item).setPrice(price);
    if (quantity != null) {
      changed.setQuantity(quantity.longValue());
    }
    stripe
        .v1()
        .subscriptions()
        .update(subscription, SubscriptionUpdateParams.builder().addItem(changed.build()).build());
  }

  private List<InvoiceItem> positions(boolean pending) throws StripeException {
    return stripe
        .v1()
        .invoiceItems()
        .list(InvoiceItemListParams.builder().setCustomer(ada).setPending(pending).build())
        .getData();
  }

  /** support.stripe.com/questions/billing-customer-portal: what the portal can only cancel. */
  @Test
  void thePortalChangesWhatItCan() throws Exception {
    var small = subscribe("price_small").getId();
    var byUse = subscribe("price_per_job").getId();
    var portal =
        stripe
            .v1()
            .billingPortal()
            .sessions()
            .create(SessionCreateParams.builder().setCustomer(ada).build())
            .getUrl();
    assertThat(press(portal + "/" + small + "/price_large")).isEqualTo(303);
    assertThat(read(small).getItems().getData().getFirst().getPrice().getId())
        .isEqualTo("price_large");
    assertThat(press(portal + "/" + byUse + "/price_small")).isEqualTo(400);
    assertThat(press(portal + "/" + small + "/price_per_job")).isEqualTo(400);
    assertThat(press(portal + "/" + byUse + "/cancel")).isEqualTo(303);
    assertThat(read(byUse).getCancelAtPeriodEnd()).isTrue();
    assertThat(press(portal + "/" + byUse + "/renew")).isEqualTo(303);
    assertThat(read(byUse).getCancelAtPeriodEnd()).isFalse();
    press(portal + "/" + byUse + "/cancel");
    account.addUsage(meter, ada, clock.instant());
    pass(Duration.ofDays(31).plusHours(2));
    assertThat(status(byUse)).isEqualTo("canceled");
    assertThat(invoices()).extracting(Invoice::getTotal).contains(10L);
  }

  private static int press(String url) throws Exception {
    try (var http = HttpClient.newHttpClient()) {
      var request =
          HttpRequest.newBuilder(URI.create(url)).POST(HttpRequest.BodyPublishers.noBody());
      return http.send(request.build(), BodyHandlers.discarding()).statusCode();
    }
  }

  /** docs.stripe.com/api/invoices/object#invoice_object-lines. */
  @Test
  void showsTenLinesOfAnInvoice() throws StripeException {
    for (int i = 0; i < 25; i++) {
      account.addPosition(ada, 1);
    }
    subscribe("price_small");
    var invoice = invoices().getFirst();
    assertThat(invoice.getTotal()).isEqualTo(3_100 + 25);
    assertThat(invoice.getLines().getData()).hasSize(10).noneMatch(line -> line.getAmount() > 1);
    assertThat(invoice.getLines().getHasMore()).isTrue();
    var all =
        stripe
            .v1()
            .invoices()
            .lineItems()
            .list(invoice.getId(), InvoiceLineItemListParams.builder().setLimit(100L).build());
    assertThat(all.getData())
        .hasSize(26)
        .last()
        .extracting(InvoiceLineItem::getAmount)
        .isEqualTo(3_100L);
  }

  @Test
  void filtersLists() throws StripeException {
    var old = subscribe("price_small").getId();
    account.cancel(old);
    clock.advance(Duration.ofDays(1));
    var since = clock.instant().getEpochSecond();
    var now = subscribe("price_large").getId();
    var lists = stripe.v1().subscriptions();
    var ended =
        SubscriptionListParams.builder().setStatus(SubscriptionListParams.Status.ENDED).build();
    assertThat(lists.list(ended).getData()).extracting(Subscription::getId).containsExactly(old);
    var large = SubscriptionListParams.builder().setPrice("price_large").build();
    assertThat(lists.list(large).getData()).extracting(Subscription::getId).containsExactly(now);
    var recent =
        InvoiceListParams.builder()
            .setCreated(InvoiceListParams.Created.builder().setGte(since).build())
            .build();
    assertThat(stripe.v1().invoices().list(recent).getData()).hasSize(1);
    var many = EventListParams.builder();
    for (int i = 0; i < 21; i++) {
      many.addType("invoice.paid");
    }
    assertThatThrownBy(() -> stripe.v1().events().list(many.build()))
        .isInstanceOf(InvalidRequestException.class);
  }

  /** docs.stripe.com/webhooks#behaviors: repeated, late, in parallel, to each endpoint. */
  @Test
  void sendsEventsAgainToEachEndpoint() throws Exception {
    Map<String, AtomicInteger> tries = new ConcurrentHashMap<>();
    Queue<String> arrived = new ConcurrentLinkedQueue<>();
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          var body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          var id = body.replaceAll("(?s).*\"(evt_[^\"]+)\".*", "$1");
          var key = exchange.getRequestURI().getPath() + id;
          boolean first =
              tries.computeIfAbsent(key, k -> new AtomicInteger()).getAndIncrement() == 0;
          if (!first) {
            arrived.add(key);
          }
          exchange.sendResponseHeaders(first ? 503 : 200, -1);
          exchange.close();
        });
    server.start();
    try {
      var base = "http://127.0.0.1:" + server.getAddress().getPort();
      stub.webhooks().deliverTo(URI.create(base + "/one"), "whsec_1");
      stub.webhooks().deliverAlsoTo(URI.create(base + "/two"), "whsec_2");
      stub.webhooks().late(200, 3);
      var before = account.events().size();
      subscribe("price_small");
      stub.webhooks().flush();
      var events = account.events().stream().skip(before).map(ObjectNode.class::cast).toList();
      assertThat(arrived).hasSize(2 * events.size()).doesNotHaveDuplicates();
      assertThat(tries.values()).allMatch(many -> many.get() == 2);
    } finally {
      server.stop(0);
    }
  }
}
