package io.outpost.local.stripe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.f4b6a3.ulid.UlidCreator;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;

/** Monthly subscriptions and their changes. */
final class Subscriptions {
  static final String KIND = "subscription";
  private static final List<String> RENEWING =
      List.of("active", "trialing", "past_due", "unpaid");

  private final World world;
  private final Events events;
  private final Customers customers;
  private final Invoices invoices;
  private final Payments payments;
  private final Prorations prorations;

  Subscriptions(
      World world, Events events, Customers customers, Invoices invoices, Payments payments) {
    this.payments = payments;
    this.prorations = new Prorations(world);
    this.world = world;
    this.events = events;
    this.customers = customers;
    this.invoices = invoices;
  }

  List<Operation> operations() {
    return List.of(
        Operation.post("/v1/subscriptions", "createSubscription", this::create),
        Operation.get("/v1/subscriptions", "listSubscriptions", this::list),
        Operation.get("/v1/subscriptions/{id}", null, call -> world.find(KIND, call.id())),
        Operation.post("/v1/subscriptions/{id}", "updateSubscription", this::update),
        Operation.delete("/v1/subscriptions/{id}", "cancelSubscription", this::cancel),
        Operation.post("/v1/invoices/create_preview", "createInvoicePreview", this::preview),
        Operation.post(
            "/v1/subscriptions/{id}/resume",
            "resumeSubscription",
            call -> turn(find(call.id()), "active", "customer.subscription.resumed")),
        Operation.post(
            "/v1/invoices/{id}/pay",
            "payInvoice",
            call -> pay(world.find(Invoices.KIND, call.id()))));
  }

  ObjectNode find(String id) {
    return world.find(KIND, id);
  }

  private ObjectNode list(Call call) {
    String status = call.text("status");
    return world.page(
        call,
        KIND,
        subscription -> {
          String now = subscription.get("status").asText();
          boolean shown =
              switch (status) {
                case null -> !now.equals("canceled");
                case "all" -> true;
                case "ended" -> !isLiving(subscription);
                default -> status.equals(now);
              };
          return shown
              && World.fits(call, "customer", subscription.get("customer"))
              && World.within(call, "created", subscription)
              && (call.text("price") == null || has(subscription, call.text("price")));
        });
  }

  private static boolean has(ObjectNode subscription, String price) {
    return subscription
        .at("/items/data")
        .valueStream()
        .anyMatch(item -> item.at("/price/id").asText().equals(price));
  }

  private ObjectNode create(Call call) {
    return start(call.text("customer"), Wanted.of(call.params().get("items"), world), call);
  }

  /**
   * A price and its quantity.
   *
   * @param quantity 1 for a metered price
   */
  record Wanted(ObjectNode price, long quantity) {
    static List<Wanted> of(JsonNode items, World world) {
      return items
          .valueStream()
          .map(
              item ->
                  new Wanted(
                      world.find(Catalogue.PRICE, item.path("price").asText()),
                      item.path("quantity").asLong(1)))
          .toList();
    }

    long first() {
      return Catalogue.isMetered(price) ? 0 : quantity * price.get("unit_amount").asLong();
    }
  }

  /**
   * Starts a subscription. It is on trial, active once its first invoice is paid, or incomplete
   * until the first payment (docs.stripe.com/billing/subscriptions/overview#subscription-statuses).
   */
  ObjectNode start(String customer, List<Wanted> prices, Call call) {
    customers.living(customer);
    long trial = trialEnd(call);
    String behavior = call.params().path("payment_behavior").asText("allow_incomplete");
    boolean free = trial > 0 || prices.stream().mapToLong(Wanted::first).sum() == 0;
    boolean pays =
        free
            || payments.card(customer) == Card.PAYS && !behavior.equals("default_incomplete");
    if (!pays && behavior.equals("error_if_incomplete")) {
      throw StripeError.declined(payments.card(customer));
    }
    ObjectNode subscription = world.create(KIND, "sub_");
    String status = trial > 0 ? "trialing" : pays ? "active" : "incomplete";
    subscription.put("customer", customer).put("status", status).put("currency", "usd");
    long anchor = trial > 0 ? trial : world.now();
    subscription.put("billing_cycle_anchor", anchor).put("start_date", world.now());
    if (trial > 0) {
      subscription.put("trial_start", world.now()).put("trial_end", trial);
    }
    subscription.putNull("pause_collection").putNull("cancel_at");
    subscription.put("cancel_at_period_end", false).putNull("canceled_at").putNull("ended_at");
    subscription.put("collection_method", "charge_automatically");
    World.metadata(call, subscription);
    ObjectNode items = subscription.putObject("items").put("object", "list");
    items.put("has_more", false).putArray("data");
    prices.forEach(wanted -> addItem(subscription, wanted));
    events.emit("customer.subscription.created", subscription);
    ObjectNode invoice = bill(subscription, "subscription_create");
    if (pays) {
      pay(invoice);
    } else if (!behavior.equals("default_incomplete")) {
      fail(invoice);
    }
    return subscription;
  }

  private long trialEnd(Call call) {
    long days = call.number("trial_period_days", 0);
    return days > 0 ? world.now() + days * 86_400 : call.number("trial_end", 0);
  }

  private void addItem(ObjectNode subscription, Wanted wanted) {
    ObjectNode item = subscription.withObject("/items").withArray("data").addObject();
    String id = subscription.get("id").asText();
    item.put("id", "si_" + UlidCreator.getMonotonicUlid()).put("object", "subscription_item");
    item.put("subscription", id).put("created", world.now());
    item.set("price", wanted.price());
    if (!Catalogue.isMetered(wanted.price())) {
      item.put("quantity", wanted.quantity());
    }
    boolean trial = subscription.get("status").asText().equals("trialing");
    period(
        item,
        world.now(),
        trial ? subscription.get("trial_end").asLong() : nextPeriod(subscription, world.now()));
  }

  private static void period(ObjectNode item, long start, long end) {
    item.put("current_period_start", start).put("current_period_end", end);
  }

  /** The start of the subscription's first month after this time. */
  private static long nextPeriod(ObjectNode subscription, long after) {
    ZonedDateTime anchor =
        Instant.ofEpochSecond(subscription.get("billing_cycle_anchor").asLong())
            .atZone(ZoneOffset.UTC);
    int months = 1;
    while (anchor.plusMonths(months).toEpochSecond() <= after) {
      months++;
    }
    return anchor.plusMonths(months).toEpochSecond();
  }

  private ObjectNode update(Call call) {
    ObjectNode subscription = find(call.id());
    World.metadata(call, subscription);
    if (call.params().has("cancel_at_period_end")) {
      subscription.put(
          "cancel_at_period_end", call.params().get("cancel_at_period_end").asBoolean());
    }
    if (call.params().has("pause_collection")) {
      pause(subscription, call.params().get("pause_collection"));
    }
    String behavior = call.params().path("proration_behavior").asText("create_prorations");
    boolean prorates = !behavior.equals("none") && !subscription.get("status").asText().equals("trialing");
    call.params().path("items").forEach(item -> change(subscription, item, prorates));
    events.emit("customer.subscription.updated", subscription);
    if (behavior.equals("always_invoice") && call.params().has("items")) {
      charge(invoices.open(subscription, "subscription_update", List.of()));
    }
    return subscription;
  }

  /**
   * Pauses a subscription's payments, or resumes them when nothing is given
   * (docs.stripe.com/billing/subscriptions/pause-payment).
   */
  private static void pause(ObjectNode subscription, JsonNode wanted) {
    if (wanted.isObject()) {
      ObjectNode pause = subscription.putObject("pause_collection");
      pause.put("behavior", wanted.path("behavior").asText());
      pause.put("resumes_at", wanted.path("resumes_at").asLong(Invoices.NEVER));
    } else {
      subscription.putNull("pause_collection");
    }
  }

  /** Changes the price, as a customer can in the portal. */
  ObjectNode swap(ObjectNode subscription, String price) {
    ObjectNode item = World.object();
    item.set("id", subscription.at("/items/data/0/id"));
    change(subscription, item.put("price", price), true);
    events.emit("customer.subscription.updated", subscription);
    return subscription;
  }

  /** Makes a subscription end with its period, or undoes that. */
  ObjectNode endLater(ObjectNode subscription, boolean ends) {
    subscription.put("cancel_at_period_end", ends);
    if (ends) {
      subscription.set("cancel_at", subscription.at("/items/data/0/current_period_end"));
    } else {
      subscription.putNull("cancel_at");
    }
    events.emit("customer.subscription.updated", subscription);
    return subscription;
  }

  /** Changes an item. One without an id is added (docs.stripe.com/api/subscriptions/update). */
  private void change(ObjectNode subscription, JsonNode wanted, boolean prorates) {
    if (!wanted.has("id")) {
      ObjectNode price = world.find(Catalogue.PRICE, wanted.path("price").asText());
      addItem(subscription, new Wanted(price, wanted.path("quantity").asLong(1)));
      ObjectNode added = (ObjectNode) subscription.at("/items/data").get(items(subscription) - 1);
      if (prorates) {
        prorations.add(subscription, added, 1);
      }
      return;
    }
    var items = subscription.withObject("/items").withArray("data");
    for (int i = 0; i < items.size(); i++) {
      ObjectNode item = (ObjectNode) items.get(i);
      if (item.get("id").equals(wanted.get("id"))) {
        if (prorates) {
          prorations.add(subscription, item, -1);
        }
        if (wanted.path("deleted").asText().equals("true")) {
          items.remove(i);
          return;
        }
        if (wanted.has("price")) {
          item.set("price", world.find(Catalogue.PRICE, wanted.path("price").asText()));
        }
        if (Catalogue.isMetered((ObjectNode) item.get("price"))) {
          item.remove("quantity");
        } else {
          item.put("quantity", wanted.path("quantity").asLong(item.path("quantity").asLong(1)));
        }
        if (prorates) {
          prorations.add(subscription, item, 1);
        }
        return;
      }
    }
    throw StripeError.missing("subscription_item", wanted.get("id").asText());
  }

  private static int items(ObjectNode subscription) {
    return subscription.at("/items/data").size();
  }

  /**
   * Ends a subscription at once. Usage that no invoice contains is billed only with {@code
   * invoice_now}; unused time is paid back only with {@code prorate}
   * (docs.stripe.com/api/subscriptions/cancel).
   */
  private ObjectNode cancel(Call call) {
    ObjectNode subscription = find(call.id());
    boolean bills = "true".equals(call.text("invoice_now"));
    return cancel(subscription, bills, "true".equals(call.text("prorate")));
  }

  /** Ends a subscription at once, with a last invoice for its usage. */
  ObjectNode cancelAndBill(String id) {
    return cancel(find(id), true, false);
  }

  private ObjectNode cancel(ObjectNode subscription, boolean bills, boolean prorates) {
    if (!isLiving(subscription)) {
      throw StripeError.missing(KIND, subscription.get("id").asText());
    }
    List<Invoices.Line> lines = new ArrayList<>();
    for (JsonNode item : subscription.at("/items/data")) {
      boolean metered = Catalogue.isMetered((ObjectNode) item.get("price"));
      if (metered) {
        long start = item.get("current_period_start").asLong();
        lines.add(new Invoices.Line(item, 0, start, world.now()));
      } else if (prorates) {
        prorations.add(subscription, (ObjectNode) item, -1);
      }
    }
    if (bills) {
      ObjectNode invoice = invoices.draft(subscription, "subscription_cancel", lines);
      subscription.put("latest_invoice", invoice.get("id").asText());
    }
    return cancel(subscription);
  }

  private ObjectNode preview(Call call) {
    String customer = call.text("customer");
    String wanted = call.text("subscription");
    ObjectNode subscription =
        world
            .select(
                KIND,
                one ->
                    wanted == null
                        ? one.get("customer").asText().equals(customer)
                            && !one.get("status").asText().equals("canceled")
                        : one.get("id").asText().equals(wanted))
            .stream()
            .findFirst()
            .orElseThrow(
                () -> StripeError.invalid("invoice_upcoming_none", "No upcoming invoices"));
    List<Invoices.Line> next = next(subscription);
    if (subscription.get("status").asText().equals("canceled") || next.isEmpty()) {
      throw StripeError.invalid("invoice_upcoming_none", "No upcoming invoices for " + customer);
    }
    return invoices.preview(subscription, next);
  }

  ObjectNode cancel(ObjectNode subscription) {
    invoices.leave(subscription);
    subscription.put("canceled_at", world.now()).put("ended_at", world.now());
    return turn(subscription, "canceled", "customer.subscription.deleted");
  }

  /** Changes the subscription's status, and sends the event. */
  ObjectNode turn(ObjectNode subscription, String status, String event) {
    subscription.put("status", status);
    events.emit(event, subscription);
    return subscription;
  }

  /** The payment of an open invoice succeeds, and its subscription is active again. */
  ObjectNode pay(ObjectNode invoice) {
    invoices.pay(invoice);
    if (!hasSubscription(invoice)) {
      return invoice;
    }
    ObjectNode subscription = subscriptionOf(invoice);
    boolean owing =
        List.of("past_due", "unpaid", "incomplete").contains(subscription.get("status").asText());
    if (owing && invoices.isNewest(invoice)) {
      turn(subscription, "active", "customer.subscription.updated");
    }
    return invoice;
  }

  /** Tries to pay an open invoice with the customer's card. */
  ObjectNode charge(ObjectNode invoice) {
    return payments.card(invoice.get("customer").asText()) == Card.PAYS
        ? pay(invoice)
        : fail(invoice);
  }

  /** The payment of an open invoice fails. */
  ObjectNode fail(ObjectNode invoice) {
    boolean asks = payments.card(invoice.get("customer").asText()) == Card.ASKS;
    invoices.fail(invoice, asks);
    if (!hasSubscription(invoice) || !isLiving(subscriptionOf(invoice))) {
      return invoice;
    }
    ObjectNode subscription = subscriptionOf(invoice);
    if (subscription.get("status").asText().equals("incomplete")) {
      invoice.putNull("next_payment_attempt");
    } else if (Payments.again(invoice, world.now()) || payments.end().equals("past_due")) {
      turn(subscription, "past_due", "customer.subscription.updated");
    } else if (payments.end().equals("canceled")) {
      cancel(subscription);
    } else {
      turn(subscription, payments.end(), "customer.subscription.updated");
    }
    return invoice;
  }

  /** Ends a subscription whose first payment was never made. */
  void expire(ObjectNode subscription) {
    invoices.cancel(world.find(Invoices.KIND, subscription.get("latest_invoice").asText()));
    subscription.put("ended_at", world.now());
    turn(subscription, "incomplete_expired", "customer.subscription.updated");
  }

  /** The latest time for the first payment of an incomplete subscription. */
  long nextExpiry() {
    return world
        .select(KIND, one -> one.get("status").asText().equals("incomplete"))
        .stream()
        .mapToLong(one -> one.get("created").asLong() + Payments.FIRST_PAYMENT)
        .min()
        .orElse(Invoices.NEVER);
  }

  /** Whether the first payment was not made in time. */
  boolean isExpired(ObjectNode subscription) {
    return subscription.get("status").asText().equals("incomplete")
        && subscription.get("created").asLong() + Payments.FIRST_PAYMENT <= world.now();
  }

  /**
   * What happens to an invoice because its subscription's payments are paused: void,
   * mark_uncollectible, or null for nothing.
   */
  private String paused(ObjectNode invoice) {
    JsonNode pause =
        hasSubscription(invoice) ? subscriptionOf(invoice).path("pause_collection") : null;
    return pause != null && pause.path("resumes_at").asLong() > invoice.get("created").asLong()
        ? pause.get("behavior").asText()
        : null;
  }

  /** Finalizes a draft after its hour. It is paid if {@code pays} is true. */
  void settle(ObjectNode draft, boolean pays) {
    String paused = paused(draft);
    invoices.finish(draft);
    if ("void".equals(paused)) {
      invoices.cancel(draft);
    } else if ("mark_uncollectible".equals(paused)) {
      invoices.giveUp(draft);
    } else if (pays) {
      pay(draft);
    } else {
      fail(draft);
    }
  }

  private static boolean hasSubscription(ObjectNode invoice) {
    return invoice.at("/parent/subscription_details/subscription").isTextual();
  }

  /**
   * Whether a subscription has not ended. One that has ended stays so, even if its last invoice is
   * paid.
   */
  private static boolean isLiving(ObjectNode subscription) {
    return !List.of("canceled", "incomplete_expired").contains(subscription.get("status").asText());
  }

  private ObjectNode subscriptionOf(ObjectNode invoice) {
    return find(invoice.at("/parent/subscription_details/subscription").asText());
  }

  /** Ends the current period: bills it with its usage, and begins the next one. */
  ObjectNode renew(ObjectNode subscription) {
    ObjectNode invoice = bill(subscription, "subscription_cycle");
    for (JsonNode item : subscription.at("/items/data")) {
      long end = item.get("current_period_end").asLong();
      period((ObjectNode) item, end, nextPeriod(subscription, end));
    }
    events.emit("customer.subscription.updated", subscription);
    return invoice;
  }

  private ObjectNode bill(ObjectNode subscription, String reason) {
    ObjectNode invoice = invoices.open(subscription, reason, lines(subscription));
    subscription.put("latest_invoice", invoice.get("id").asText());
    return invoice;
  }

  /** Bills the period that is over, as a draft, and begins the next one. */
  ObjectNode turnOver(ObjectNode subscription) {
    ObjectNode invoice = invoices.draft(subscription, "subscription_cycle", next(subscription));
    if (subscription.get("cancel_at_period_end").asBoolean()) {
      subscription.put("latest_invoice", invoice.get("id").asText());
      cancel(subscription);
      return invoice;
    }
    // Invoices of unpaid subscriptions stay drafts
    // (docs.stripe.com/billing/subscriptions/overview#unpaid), and so do those of a pause that
    // keeps drafts.
    boolean advance =
        !subscription.get("status").asText().equals("unpaid")
            && !"keep_as_draft".equals(paused(invoice));
    invoice.put("auto_advance", advance);
    boolean trialEnds = subscription.get("status").asText().equals("trialing");
    if (trialEnds) {
      subscription.put("status", "active");
    }
    subscription.put("latest_invoice", invoice.get("id").asText());
    for (JsonNode item : subscription.at("/items/data")) {
      long end = item.get("current_period_end").asLong();
      period((ObjectNode) item, end, nextPeriod(subscription, end));
    }
    events.emit("customer.subscription.updated", subscription);
    return invoice;
  }

  private static List<Invoices.Line> lines(ObjectNode subscription) {
    List<Invoices.Line> lines = new ArrayList<>();
    for (JsonNode item : subscription.at("/items/data")) {
      boolean metered = Catalogue.isMetered((ObjectNode) item.get("price"));
      lines.add(
          new Invoices.Line(
              item,
              metered || isTrial(subscription) ? 0 : item.get("quantity").asLong(),
              item.get("current_period_start").asLong(),
              item.get("current_period_end").asLong()));
    }
    return lines;
  }

  private static boolean isTrial(ObjectNode subscription) {
    return subscription.get("status").asText().equals("trialing");
  }

  /**
   * The lines to bill at the end of the current period: the usage of metered items, unless the
   * period was a trial; and, unless the subscription ends, the next period of all other items in
   * advance (docs.stripe.com/billing/invoices/subscription,
   * docs.stripe.com/billing/subscriptions/trials).
   */
  private static List<Invoices.Line> next(ObjectNode subscription) {
    boolean ends = subscription.get("cancel_at_period_end").asBoolean();
    List<Invoices.Line> next = new ArrayList<>();
    for (JsonNode item : subscription.at("/items/data")) {
      long start = item.get("current_period_start").asLong();
      long end = item.get("current_period_end").asLong();
      if (Catalogue.isMetered((ObjectNode) item.get("price"))) {
        if (!isTrial(subscription)) {
          next.add(new Invoices.Line(item, 0, start, end));
        }
      } else if (!ends) {
        next.add(
            new Invoices.Line(
                item, item.get("quantity").asLong(), end, nextPeriod(subscription, end)));
      }
    }
    return next;
  }

  /** When the next period ends. */
  long nextEnd() {
    return world
        .select(KIND, one -> RENEWING.contains(one.get("status").asText()))
        .stream()
        .mapToLong(one -> one.at("/items/data/0/current_period_end").asLong())
        .min()
        .orElse(Invoices.NEVER);
  }

  /** Whether the current period is over and the subscription continues. */
  boolean isOver(ObjectNode subscription) {
    return RENEWING.contains(subscription.get("status").asText())
        && subscription.at("/items/data/0/current_period_end").asLong() <= world.now();
  }
}
