package io.outpost.billing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.outpost.aws.AwsProbe;
import io.outpost.local.Sizes;
import io.outpost.local.stripe.Account;
import io.outpost.local.stripe.LocalStripe;
import io.outpost.local.stripe.Webhooks;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * In whatever order and however often Stripe's events arrive, the tenant ends in the state that
 * Stripe has.
 */
@Tag("product")
class P13StripeEventsConvergeTest {
  private static final int MOST_ORDERS = Sizes.of(16, 120);
  private static final String UPDATED = "customer.subscription.updated";

  private static BillingApi api;
  private static Account account;
  private static Webhooks hooks;

  @BeforeAll
  static void start() {
    api = BillingApi.start(Map.of("outpost.probe", true));
    account = api.stripe().stub().account();
    hooks = api.stripe().stub().webhooks();
  }

  @AfterAll
  static void stop() {
    api.close();
  }

  /**
   * What happens to a subscription.
   *
   * @param kinds how many types of events tell of it
   * @param end the tenant's tier, its status and that of its subscription afterwards
   */
  private record Life(int kinds, String end, Consumer<String> story) {}

  private static final List<Life> LIVES =
      List.of(
          new Life(
              5,
              "free active canceled",
              id -> {
                account.turn(id, "active", UPDATED);
                account.fail(renewed(id));
                account.cancel(id);
              }),
          new Life(
              4,
              "pro past_due past_due",
              id -> {
                account.pay(renewed(id));
                account.fail(renewed(id));
              }),
          new Life(
              4,
              "pro active active",
              id -> {
                var invoice = renewed(id);
                account.fail(invoice);
                account.pay(invoice);
              }));

  private static String renewed(String subscription) {
    return account.renew(subscription).get("id").asText();
  }

  /** A tenant, its subscription's history, and the order in which the events arrive. */
  private record Case(BillingApi.Client client, Life life, List<Integer> order) {

    /** The newest event of each type, in the order of the case, each once or twice. */
    List<ObjectNode> events(Random random) {
      hooks.hold();
      life.story().accept(subscribed(client));
      var newest = new LinkedHashMap<String, ObjectNode>();
      hooks.drop().forEach(event -> newest.put(event.get("type").asText(), event));
      newest.remove("invoice.payment_succeeded"); // the same as invoice.paid
      // Drafts and final invoices change nothing of a tenant.
      newest.remove("invoice.created");
      newest.remove("invoice.finalized");
      assertThat(newest).hasSize(life.kinds());
      var kinds = List.copyOf(newest.values());
      return order.stream()
          .flatMap(at -> Collections.nCopies(1 + random.nextInt(2), kinds.get(at)).stream())
          .toList();
    }
  }

  /** Created, updated, paid, failed, deleted: in many orders, each event once or twice. */
  @Test
  void endsWhereStripeIsInEveryOrder() throws Exception {
    var cases = new ArrayList<Case>();
    for (var life : LIVES) {
      for (var order : orders(life)) {
        cases.add(new Case(api.tenant("tenant-" + cases.size(), "free"), life, order));
      }
    }
    assertThat(cases).hasSize(Sizes.of(3 * MOST_ORDERS, 120 + 24 + 24));
    cases.forEach(one -> api.customer(one.client()));
    var random = new Random(13);
    var deliveries = new ArrayList<Callable<Boolean>>();
    for (var one : cases) {
      var events = one.events(random);
      deliveries.add(() -> events.stream().allMatch(P13StripeEventsConvergeTest::isTaken));
    }
    try (var senders = Executors.newFixedThreadPool(8)) {
      for (var accepted : senders.invokeAll(deliveries)) {
        assertThat(accepted.get()).isTrue();
      }
    }
    api.drain();
    for (var one : cases) {
      assertThat(standing(one.client())).as("%s", one.order()).isEqualTo(one.life().end());
    }
  }

  /** Delivers an event up to five times, as Stripe does until it is accepted. */
  private static boolean isTaken(ObjectNode event) {
    return IntStream.range(0, 5).anyMatch(attempt -> hooks.deliver(event) == 200);
  }

  @Test
  void isFreeWhileItIsPaused() throws Exception {
    var client = api.tenant("pausing", "free");
    var subscription = subscribed(client);
    account.turn(subscription, "paused", "customer.subscription.paused");
    hooks.flush();
    api.drain();
    assertThat(standing(client)).isEqualTo("free active paused");
    account.turn(subscription, "active", "customer.subscription.resumed");
    hooks.flush();
    api.drain();
    assertThat(standing(client)).isEqualTo("pro active active");
  }

  /**
   * Stripe's answer may be outdated when it is stored, while the handler of the newer event found
   * nothing to change.
   */
  @Test
  void endsWhereStripeIsThoughItMovesOnMeanwhile() throws Exception {
    var client = api.tenant("overtaken", "free");
    var subscription = subscribed(client);
    hooks.flush();
    api.drain();
    assertThat(standing(client)).isEqualTo("pro active active");
    var overtaken = new AtomicBoolean();
    try (var meanwhile =
        api.outpost()
            .context()
            .getBean(AwsProbe.class)
            .beforeEach(
                call -> {
                  if (call.operation().equals("TransactWriteItems")
                      && call.mentions(client.tenantId())
                      && call.mentions("S=past_due")
                      && overtaken.compareAndSet(false, true)) {
                    payMeanwhile(subscription);
                  }
                })) {
      account.turn(subscription, "past_due", UPDATED);
      hooks.flush();
      api.drain();
    }
    assertThat(overtaken).isTrue();
    assertThat(standing(client)).isEqualTo("pro active active");
  }

  private static void payMeanwhile(String subscription) {
    hooks.hold();
    account.turn(subscription, "active", UPDATED);
    var event = hooks.drop().getFirst();
    assertThat(hooks.deliver(event)).isEqualTo(200);
    await().until(() -> api.backstage().isApplied(event.get("id").asText()));
  }

  private static String subscribed(BillingApi.Client client) {
    return account.subscribe(api.customer(client), LocalStripe.PRICE_PRO).get("id").asText();
  }

  private static String standing(BillingApi.Client client) throws Exception {
    var tenant = api.tenant(client);
    return List.of("tier", "status", "subscription_status").stream()
        .map(field -> tenant.get(field).asText())
        .collect(Collectors.joining(" "));
  }

  /** All orders in the profile deep, otherwise a sample. */
  private static List<List<Integer>> orders(Life life) {
    var all = new ArrayList<>(permutations(life.kinds()));
    Collections.shuffle(all, new Random(life.kinds()));
    return all.subList(0, Math.min(all.size(), MOST_ORDERS));
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
