package io.outpost.local.stripe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.f4b6a3.ulid.UlidCreator;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;

/** Monthly subscriptions and what happens to them. */
final class Subscriptions {
  static final String KIND = "subscription";

  private final World world;
  private final Events events;
  private final Customers customers;
  private final Invoices invoices;

  Subscriptions(World world, Events events, Customers customers, Invoices invoices) {
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
              status == null ? !now.equals("canceled") : status.equals("all") || status.equals(now);
          return shown && World.fits(call, "customer", subscription.get("customer"));
        });
  }

  private ObjectNode create(Call call) {
    List<ObjectNode> prices = new ArrayList<>();
    for (JsonNode item : call.params().get("items")) {
      prices.add(world.find(Catalogue.PRICE, item.path("price").asText()));
    }
    customers.living(call.text("customer"));
    return start(call.text("customer"), prices, call);
  }

  /** A new active subscription whose first invoice is paid. */
  ObjectNode start(String customer, List<ObjectNode> prices, Call call) {
    customers.living(customer);
    ObjectNode subscription = world.create(KIND, "sub_");
    subscription.put("customer", customer).put("status", "active").put("currency", "usd");
    subscription.put("billing_cycle_anchor", world.now()).put("start_date", world.now());
    subscription.put("cancel_at_period_end", false).putNull("canceled_at").putNull("ended_at");
    subscription.put("collection_method", "charge_automatically");
    World.metadata(call, subscription);
    ObjectNode items = subscription.putObject("items").put("object", "list");
    items.put("has_more", false).putArray("data");
    prices.forEach(price -> addItem(subscription, price));
    events.emit("customer.subscription.created", subscription);
    pay(bill(subscription, "subscription_create"));
    return subscription;
  }

  private void addItem(ObjectNode subscription, ObjectNode price) {
    ObjectNode item = subscription.withObject("/items").withArray("data").addObject();
    String id = subscription.get("id").asText();
    item.put("id", "si_" + UlidCreator.getMonotonicUlid()).put("object", "subscription_item");
    item.put("subscription", id).put("created", world.now());
    item.set("price", price);
    item.put("quantity", 1);
    period(item, world.now(), nextPeriod(subscription, world.now()));
  }

  private static void period(ObjectNode item, long start, long end) {
    item.put("current_period_start", start).put("current_period_end", end);
  }

  /** The first month's turn of the subscription after a time. */
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
    call.params().path("items").forEach(item -> change(subscription, item));
    events.emit("customer.subscription.updated", subscription);
    return subscription;
  }

  /** An item without an id is a further one (docs.stripe.com/api/subscriptions/update). */
  private void change(ObjectNode subscription, JsonNode wanted) {
    if (!wanted.has("id")) {
      addItem(subscription, world.find(Catalogue.PRICE, wanted.path("price").asText()));
      return;
    }
    var items = subscription.withObject("/items").withArray("data");
    for (int i = 0; i < items.size(); i++) {
      ObjectNode item = (ObjectNode) items.get(i);
      if (item.get("id").equals(wanted.get("id"))) {
        if (wanted.path("deleted").asText().equals("true")) {
          items.remove(i);
        } else if (wanted.has("price")) {
          item.set("price", world.find(Catalogue.PRICE, wanted.path("price").asText()));
        }
        return;
      }
    }
    throw StripeError.missing("subscription_item", wanted.get("id").asText());
  }

  /**
   * Ends a subscription at once. Usage that no invoice has is billed only with {@code invoice_now},
   * unused time is paid back only with {@code prorate} (docs.stripe.com/api/subscriptions/cancel).
   */
  private ObjectNode cancel(Call call) {
    ObjectNode subscription = find(call.id());
    if (subscription.get("status").asText().equals("canceled")) {
      throw StripeError.missing(KIND, call.id());
    }
    List<Invoices.Line> lines = new ArrayList<>();
    for (JsonNode item : subscription.at("/items/data")) {
      boolean metered = Catalogue.isMetered((ObjectNode) item.get("price"));
      if (metered) {
        long start = item.get("current_period_start").asLong();
        lines.add(new Invoices.Line(item, 0, start, world.now()));
      } else if ("true".equals(call.text("prorate"))) {
        giveBack(subscription, item);
      }
    }
    if ("true".equals(call.text("invoice_now"))) {
      ObjectNode invoice = invoices.draft(subscription, "subscription_cancel", lines);
      subscription.put("latest_invoice", invoice.get("id").asText());
    }
    return cancel(subscription);
  }

  private void giveBack(ObjectNode subscription, JsonNode item) {
    long start = item.get("current_period_start").asLong();
    long end = item.get("current_period_end").asLong();
    long unit = item.at("/price/unit_amount").asLong();
    ObjectNode back = world.create(Invoices.ITEM, "ii_").put("currency", "usd").putNull("invoice");
    back.set("customer", subscription.get("customer"));
    back.put("amount", -unit * (end - world.now()) / (end - start)).put("date", world.now());
    back.put("description", "Unused time").putObject("metadata");
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
    return invoices.preview(subscription, lines(subscription));
  }

  ObjectNode cancel(ObjectNode subscription) {
    subscription.put("canceled_at", world.now()).put("ended_at", world.now());
    return turn(subscription, "canceled", "customer.subscription.deleted");
  }

  /** Moves the subscription to another status and says so. */
  ObjectNode turn(ObjectNode subscription, String status, String event) {
    subscription.put("status", status);
    events.emit(event, subscription);
    return subscription;
  }

  /** The payment of an open invoice succeeds, and its subscription is active again. */
  ObjectNode pay(ObjectNode invoice) {
    invoices.pay(invoice);
    ObjectNode subscription = subscriptionOf(invoice);
    if (List.of("past_due", "unpaid").contains(subscription.get("status").asText())) {
      turn(subscription, "active", "customer.subscription.updated");
    }
    return invoice;
  }

  /** The payment of an open invoice fails. */
  ObjectNode fail(ObjectNode invoice) {
    invoices.fail(invoice);
    turn(subscriptionOf(invoice), "past_due", "customer.subscription.updated");
    return invoice;
  }

  private ObjectNode subscriptionOf(ObjectNode invoice) {
    return find(invoice.at("/parent/subscription_details/subscription").asText());
  }

  /** Ends the current period: bills it with the usage it had, and opens the next. */
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

  /** Bills the period that is over, as a draft, and opens the next one. */
  ObjectNode turnOver(ObjectNode subscription) {
    ObjectNode invoice = invoices.draft(subscription, "subscription_cycle", lines(subscription));
    boolean advance = !subscription.get("status").asText().equals("unpaid");
    invoice.put("auto_advance", advance);
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
              metered ? 0 : item.get("quantity").asLong(),
              item.get("current_period_start").asLong(),
              item.get("current_period_end").asLong()));
    }
    return lines;
  }

  /** Whether the current period is over, and the subscription goes on. */
  boolean isOver(ObjectNode subscription) {
    return List.of("active", "trialing", "past_due", "unpaid")
            .contains(subscription.get("status").asText())
        && subscription.at("/items/data/0/current_period_end").asLong() <= world.now();
  }
}
