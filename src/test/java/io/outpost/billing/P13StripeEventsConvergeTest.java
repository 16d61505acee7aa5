package io.outpost.billing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.outpost.local.stripe.LocalStripe;
import io.outpost.platform.aws.Items;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Whatever order Stripe's events come in, however often, the tenant ends where Stripe is. */
class P13StripeEventsConvergeTest {
  private static BillingApi api;

  @BeforeAll
  static void start() {
    api = BillingApi.start(Map.of());
  }

  @AfterAll
  static void stop() {
    api.close();
  }

  /** What happens at Stripe to the customer of a tenant. */
  private interface Life {
    void live(String customer);
  }

  private static void toTheEnd(String customer) {
    var account = api.stripe().stub().account();
    var id = account.subscribe(customer, LocalStripe.PRICE_PRO).get("id").asText();
    account.turn(id, "active", "customer.subscription.updated");
    account.fail(account.renew(id).get("id").asText());
    account.cancel(id);
  }

  private static void toAnUnpaidInvoice(String customer) {
    var account = api.stripe().stub().account();
    var id = account.subscribe(customer, LocalStripe.PRICE_PRO).get("id").asText();
    account.pay(account.renew(id).get("id").asText());
    account.fail(account.renew(id).get("id").asText());
  }

  private static void toAPaymentAtLast(String customer) {
    var account = api.stripe().stub().account();
    var id = account.subscribe(customer, LocalStripe.PRICE_ENTERPRISE).get("id").asText();
    var invoice = account.renew(id).get("id").asText();
    account.fail(invoice);
    account.pay(invoice);
  }

  /** created, updated, paid, failed, deleted: every order, each event once or twice. */
  @Test
  void endsFreeInEveryOrder() throws Exception {
    var orders = permutations(5);
    assertThat(orders).hasSize(120);
    converge(orders, P13StripeEventsConvergeTest::toTheEnd, "free", "active", "canceled");
  }

  @Test
  void endsPastDueWhateverComesLast() throws Exception {
    converge(
        shuffled(5, 25),
        P13StripeEventsConvergeTest::toAnUnpaidInvoice,
        "pro",
        "past_due",
        "past_due");
  }

  @Test
  void endsActiveWhateverComesLast() throws Exception {
    converge(
        shuffled(5, 25),
        P13StripeEventsConvergeTest::toAPaymentAtLast,
        "enterprise",
        "active",
        "active");
  }

  private static void converge(
      List<List<Integer>> orders, Life life, String tier, String status, String subscription)
      throws Exception {
    var clients = new ArrayList<BillingApi.Client>();
    for (int i = 0; i < orders.size(); i++) {
      clients.add(api.tenant("tenant-" + i, "free"));
    }
    var hooks = api.stripe().stub().webhooks();
    var deliveries = new ArrayList<Callable<Integer>>();
    var ids = new HashSet<String>();
    for (int i = 0; i < orders.size(); i++) {
      var customer = api.customer(clients.get(i));
      hooks.hold();
      life.live(customer);
      var kinds = oneOfEachKind(hooks.drop());
      var random = new Random(i);
      var queue = new ArrayList<ObjectNode>();
      for (int at : orders.get(i)) {
        var event = kinds.get(at);
        ids.add(event.get("id").asText());
        queue.addAll(Collections.nCopies(1 + random.nextInt(2), event));
      }
      deliveries.add(() -> deliver(queue));
    }
    try (var senders = Executors.newFixedThreadPool(4)) {
      for (var answers : senders.invokeAll(deliveries)) {
        assertThat(answers.get()).isZero();
      }
    }
    await().atMost(Duration.ofSeconds(120)).until(() -> areApplied(ids));
    for (var client : clients) {
      JsonNode tenant = api.tenant(client);
      assertThat(tenant.get("tier").asText()).isEqualTo(tier);
      assertThat(tenant.get("status").asText()).isEqualTo(status);
      assertThat(tenant.get("subscription_status").asText()).isEqualTo(subscription);
    }
  }

  /** Five events of a life: the newest of each type. */
  private static List<ObjectNode> oneOfEachKind(List<ObjectNode> events) {
    var byType = new LinkedHashMap<String, ObjectNode>();
    events.forEach(event -> byType.put(event.get("type").asText(), event));
    byType.remove("invoice.payment_succeeded");
    var kinds = new ArrayList<>(byType.values());
    for (int i = 0; kinds.size() < 5; i++) {
      kinds.add(events.get(i));
    }
    return kinds;
  }

  private static int deliver(List<ObjectNode> events) {
    int refused = 0;
    for (var event : events) {
      refused += api.stripe().stub().webhooks().deliver(event) == 200 ? 0 : 1;
    }
    return refused;
  }

  private static boolean areApplied(Set<String> events) {
    return events.stream()
        .allMatch(
            id ->
                api.dynamoDb()
                    .getItem(
                        g ->
                            g.tableName(api.table("events"))
                                .key(Map.of("event_id", Items.text(id))))
                    .item()
                    .containsKey("applied_at"));
  }

  private static List<List<Integer>> shuffled(int size, int times) {
    var orders = new ArrayList<List<Integer>>();
    for (int seed = 0; seed < times; seed++) {
      var order = new ArrayList<>(permutations(size).getFirst());
      Collections.shuffle(order, new Random(seed));
      orders.add(order);
    }
    return orders;
  }

  private static List<List<Integer>> permutations(int size) {
    if (size == 0) {
      return List.of(List.of());
    }
    var all = new ArrayList<List<Integer>>();
    for (var shorter : permutations(size - 1)) {
      for (int at = 0; at < size; at++) {
        var longer = new ArrayList<>(shorter);
        longer.add(at, size - 1);
        all.add(longer);
      }
    }
    return all;
  }
}
