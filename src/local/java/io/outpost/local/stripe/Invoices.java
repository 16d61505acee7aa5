package io.outpost.local.stripe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.f4b6a3.ulid.UlidCreator;
import java.time.Duration;
import java.util.List;

/**
 * Invoices of subscriptions: drafts for an hour, in which usage still counts, then final
 * (docs.stripe.com/billing/subscriptions/usage-based/configure-grace-period), then paid or tried in
 * vain. Pending invoice items and the customer's balance are taken along.
 */
final class Invoices {
  static final String KIND = "invoice";
  static final String ITEM = "invoiceitem";
  private static final long GRACE = Duration.ofHours(1).toSeconds();

  /**
   * One position of an invoice.
   *
   * @param item the subscription's item
   * @param start from when its usage counts, until {@code end}
   */
  record Line(JsonNode item, long quantity, long start, long end) {
    ObjectNode price() {
      return (ObjectNode) item.get("price");
    }
  }

  private final World world;
  private final Events events;
  private final Meters meters;

  Invoices(World world, Events events, Meters meters) {
    this.world = world;
    this.events = events;
    this.meters = meters;
  }

  List<Operation> operations() {
    return List.of(
        Operation.get("/v1/invoices", "listInvoices", this::list),
        Operation.get("/v1/invoices/{id}", null, call -> world.find(KIND, call.id())),
        Operation.get("/v1/invoices/{id}/lines", "listInvoiceLines", this::lines),
        Operation.post(
            "/v1/invoices/{id}/finalize",
            "finalizeInvoice",
            call -> finish(world.find(KIND, call.id()))),
        Operation.post("/v1/invoiceitems", "createInvoiceItem", this::addItem),
        Operation.get(
            "/v1/invoiceitems",
            "listInvoiceItems",
            call ->
                world.page(
                    call, ITEM, item -> World.fits(call, "customer", item.get("customer")))));
  }

  private ObjectNode list(Call call) {
    long since = call.params().at("/created/gte").asLong(Long.MIN_VALUE);
    return world.page(
        call,
        KIND,
        invoice ->
            invoice.get("created").asLong() >= since
                && World.fits(call, "customer", invoice.get("customer"))
                && World.fits(call, "status", invoice.get("status"))
                && World.fits(call, "subscription", subscription(invoice)));
  }

  private ObjectNode lines(Call call) {
    List<ObjectNode> all =
        world
            .find(KIND, call.id())
            .at("/lines/data")
            .valueStream()
            .map(ObjectNode.class::cast)
            .toList();
    return World.page(call, all);
  }

  private ObjectNode addItem(Call call) {
    ObjectNode item = world.create(ITEM, "ii_").put("customer", call.text("customer"));
    item.put("amount", call.number("amount", 0)).put("currency", call.text("currency"));
    item.put("description", call.text("description")).putNull("invoice");
    item.put("date", world.now());
    World.metadata(call, item);
    return item;
  }

  private static JsonNode subscription(ObjectNode invoice) {
    return invoice.at("/parent/subscription_details/subscription");
  }

  /** A finalized invoice that nobody paid yet. */
  ObjectNode open(ObjectNode subscription, String reason, List<Line> lines) {
    return finish(draft(subscription, reason, lines));
  }

  /** An invoice that becomes final by itself in an hour. */
  ObjectNode draft(ObjectNode subscription, String reason, List<Line> lines) {
    ObjectNode invoice = shape(world.create(KIND, "in_"), subscription, reason, lines);
    world.select(ITEM, item -> item.get("invoice").isNull()).stream()
        .filter(item -> item.get("customer").equals(invoice.get("customer")))
        .forEach(item -> take(invoice, item));
    sum(invoice);
    events.emit("invoice.created", invoice);
    return invoice;
  }

  /** What the next invoice would be; it is stored nowhere. */
  ObjectNode preview(ObjectNode subscription, List<Line> lines) {
    ObjectNode invoice = World.object().put("object", KIND).put("created", world.now());
    return sum(shape(invoice, subscription, "upcoming", lines)).put("status", "draft");
  }

  private ObjectNode shape(
      ObjectNode invoice, ObjectNode subscription, String reason, List<Line> lines) {
    invoice.put("customer", subscription.get("customer").asText()).put("currency", "usd");
    invoice.put("status", "draft").put("billing_reason", reason).put("attempt_count", 0);
    invoice.put("automatically_finalizes_at", world.now() + GRACE).put("amount_paid", 0);
    invoice.put("collection_method", "charge_automatically").put("auto_advance", true);
    invoice.putObject("status_transitions").putNull("finalized_at").putNull("paid_at");
    ObjectNode parent = invoice.putObject("parent").put("type", "subscription_details");
    parent.putObject("subscription_details").put("subscription", subscription.get("id").asText());
    invoice.putObject("lines").put("object", "list").put("has_more", false).putArray("data");
    lines.forEach(line -> add(invoice, line));
    return invoice;
  }

  private void add(ObjectNode invoice, Line line) {
    ObjectNode item = invoice.withObject("/lines").withArray("data").addObject();
    String price = line.price().get("id").asText();
    item.put("id", "il_" + UlidCreator.getMonotonicUlid());
    item.put("object", "line_item").put("currency", "usd").put("quantity", line.quantity());
    item.put("amount", line.quantity() * line.price().get("unit_amount").asLong());
    item.putObject("period").put("start", line.start()).put("end", line.end());
    ObjectNode pricing = item.putObject("pricing").put("type", "price_details");
    pricing.put("unit_amount_decimal", line.price().get("unit_amount").asText());
    pricing.putObject("price_details").put("price", price);
    ObjectNode parent = item.putObject("parent").put("type", "subscription_item_details");
    parent
        .putObject("subscription_item_details")
        .put("subscription_item", line.item().get("id").asText());
  }

  private static void take(ObjectNode invoice, ObjectNode pending) {
    ObjectNode item = invoice.withObject("/lines").withArray("data").addObject();
    item.put("id", "il_" + pending.get("id").asText()).put("object", "line_item");
    item.put("amount", pending.get("amount").asLong()).put("currency", "usd").put("quantity", 1);
    item.set("description", pending.get("description"));
    item.set("metadata", pending.get("metadata"));
    item.putObject("parent").put("type", "invoice_item_details");
    item.withObject("/parent")
        .putObject("invoice_item_details")
        .put("invoice_item", pending.get("id").asText());
    item.putObject("period")
        .put("start", pending.get("date").asLong())
        .put("end", pending.get("date").asLong());
    pending.put("invoice", invoice.path("id").asText());
  }

  private static ObjectNode sum(ObjectNode invoice) {
    long total = 0;
    for (JsonNode line : invoice.at("/lines/data")) {
      total += line.get("amount").asLong();
    }
    long due = Math.max(0, total);
    return invoice.put("total", total).put("amount_due", due).put("amount_remaining", due);
  }

  /** Makes a draft final: usage is what it is now, and a credit of the customer is used. */
  ObjectNode finish(ObjectNode invoice) {
    if (!invoice.get("status").asText().equals("draft")) {
      throw StripeError.invalid("invoice_not_editable", "This invoice is already finalized");
    }
    for (JsonNode line : invoice.at("/lines/data")) {
      String price = line.at("/pricing/price_details/price").asText(null);
      if (price != null && Catalogue.isMetered(world.find(Catalogue.PRICE, price))) {
        long used = used(invoice, line, world.find(Catalogue.PRICE, price));
        ((ObjectNode) line).put("quantity", used);
        ((ObjectNode) line)
            .put("amount", used * world.find(Catalogue.PRICE, price).get("unit_amount").asLong());
      }
    }
    sum(invoice).put("status", "open").putNull("automatically_finalizes_at");
    invoice.withObject("/status_transitions").put("finalized_at", world.now());
    ObjectNode customer = world.find(Customers.KIND, invoice.get("customer").asText());
    long balance = customer.path("balance").asLong();
    long credit = Math.min(invoice.get("amount_due").asLong(), Math.max(0, -balance));
    invoice.put("starting_balance", balance).put("ending_balance", balance + credit);
    invoice.put("amount_due", invoice.get("amount_due").asLong() - credit);
    invoice.put("amount_remaining", invoice.get("amount_due").asLong());
    if (credit > 0) {
      customer.put("balance", balance + credit);
    }
    events.emit("invoice.finalized", invoice);
    return invoice;
  }

  /** A negative sum is billed as nothing, as Stripe does. */
  private long used(ObjectNode invoice, JsonNode line, ObjectNode price) {
    long start = line.at("/period/start").asLong();
    long end = line.at("/period/end").asLong();
    return Math.max(
        0,
        meters.sum(
            price.at("/recurring/meter").asText(),
            invoice.get("customer").asText(),
            at -> at >= start && at < end));
  }

  /** The drafts whose hour is over. */
  List<ObjectNode> due() {
    return world.select(
        KIND,
        invoice ->
            invoice.get("status").asText().equals("draft")
                && invoice.get("auto_advance").asBoolean()
                && invoice.get("automatically_finalizes_at").asLong() <= world.now());
  }

  void pay(ObjectNode invoice) {
    if (!List.of("open", "uncollectible").contains(invoice.get("status").asText())) {
      throw StripeError.invalid("invoice_not_payable", "This invoice cannot be paid now");
    }
    long due = invoice.get("amount_due").asLong();
    invoice.put("status", "paid").put("amount_paid", due).put("amount_remaining", 0);
    invoice.put("attempt_count", invoice.get("attempt_count").asInt() + 1);
    invoice.withObject("/status_transitions").put("paid_at", world.now());
    events.emit("invoice.paid", invoice);
    events.emit("invoice.payment_succeeded", invoice);
  }

  void fail(ObjectNode invoice) {
    invoice.put("attempt_count", invoice.get("attempt_count").asInt() + 1);
    events.emit("invoice.payment_failed", invoice);
  }
}
