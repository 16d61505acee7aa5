package io.outpost.local.stripe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.f4b6a3.ulid.UlidCreator;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * Invoices of subscriptions. They are drafts for an hour, in which usage still counts
 * (docs.stripe.com/billing/subscriptions/usage-based/configure-grace-period), then final, and then
 * their payment is tried. Pending invoice items and the customer's balance are included.
 */
final class Invoices {
  static final String KIND = "invoice";
  static final String ITEM = "invoiceitem";
  private static final String CHARGE = "charge";
  private static final int SHOWN = 10;
  static final long NEVER = Instant.parse("9999-01-01T00:00:00Z").getEpochSecond();
  private static final long GRACE = Duration.ofHours(1).toSeconds();

  /**
   * One line of an invoice.
   *
   * @param item the subscription's item
   * @param start the beginning of the counted usage, until {@code end}
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
        Operation.post("/v1/invoices", "createInvoice", this::create),
        Operation.get(
            "/v1/charges",
            null,
            call ->
                world.page(
                    call, CHARGE, charge -> World.fits(call, "customer", charge.get("customer")))),
        Operation.post(
            "/v1/invoices/{id}/void", null, call -> cancel(world.find(KIND, call.id()))),
        Operation.post(
            "/v1/invoices/{id}/mark_uncollectible",
            null,
            call -> giveUp(world.find(KIND, call.id()))),
        Operation.get("/v1/charges/{id}", null, call -> world.find(CHARGE, call.id())),
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
                    call,
                    ITEM,
                    item ->
                        World.fits(call, "customer", item.get("customer"))
                            && World.fits(call, "invoice", item.path("invoice"))
                            && World.within(call, "created", item)
                            && World.fits(
                                call,
                                "pending",
                                World.object().put("is", item.path("invoice").isNull()).get("is")))));
  }

  private ObjectNode list(Call call) {
    return world.page(
        call,
        KIND,
        invoice ->
            World.within(call, "created", invoice)
                && World.fits(call, "collection_method", invoice.path("collection_method"))
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

  /** Creates an invoice of pending items without a subscription. There may be no items. */
  private ObjectNode create(Call call) {
    ObjectNode customer = World.object().put("customer", call.text("customer")).putNull("id");
    world.find(Customers.KIND, call.text("customer"));
    ObjectNode invoice = shape(world.create(KIND, "in_"), customer, "manual", List.of());
    invoice.withObject("/parent").putNull("subscription_details");
    invoice.put("auto_advance", "true".equals(call.text("auto_advance")));
    if ("include".equals(call.text("pending_invoice_items_behavior"))) {
      takePending(invoice);
    }
    sum(invoice);
    events.emit("invoice.created", invoice);
    return invoice;
  }

  private void takePending(ObjectNode invoice) {
    world.select(ITEM, item -> item.get("invoice").isNull()).stream()
        .filter(item -> item.get("customer").equals(invoice.get("customer")))
        .forEach(item -> take(invoice, item));
  }

  private ObjectNode addItem(Call call) {
    world.find(Customers.KIND, call.text("customer"));
    ObjectNode item = addPosition(call.text("customer"), call.number("amount", 0));
    item.put("currency", call.text("currency")).put("description", call.text("description"));
    World.metadata(call, item);
    return item;
  }

  ObjectNode addPosition(String customer, long cents) {
    ObjectNode item = world.create(ITEM, "ii_").put("customer", customer).put("amount", cents);
    item.put("currency", "usd").putNull("description").putNull("invoice").putObject("metadata");
    return item.put("date", world.now());
  }

  private static JsonNode subscription(ObjectNode invoice) {
    return invoice.at("/parent/subscription_details/subscription");
  }

  /** A finalized invoice that is not paid yet. */
  ObjectNode open(ObjectNode subscription, String reason, List<Line> lines) {
    return finish(draft(subscription, reason, lines));
  }

  /** A draft, which becomes final by itself in an hour. */
  ObjectNode draft(ObjectNode subscription, String reason, List<Line> lines) {
    ObjectNode invoice = shape(world.create(KIND, "in_"), subscription, reason, lines);
    takePending(invoice);
    sum(invoice);
    events.emit("invoice.created", invoice);
    return invoice;
  }

  /** A preview of the next invoice, which is not stored. */
  ObjectNode preview(ObjectNode subscription, List<Line> lines) {
    ObjectNode invoice = World.object().put("object", KIND).put("created", world.now());
    shape(invoice, subscription, "upcoming", lines);
    useUp(invoice);
    return sum(invoice).put("status", "draft");
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
    pricing.set("unit_amount_decimal", line.price().get("unit_amount_decimal"));
    pricing.putObject("price_details").put("price", price);
    ObjectNode parent = item.putObject("parent").put("type", "subscription_item_details");
    parent
        .putObject("subscription_item_details")
        .put("subscription_item", line.item().get("id").asText());
  }

  /**
   * Adds a pending item as the first line, before those of the subscription
   * (docs.stripe.com/api/invoices/object).
   */
  private static void take(ObjectNode invoice, ObjectNode pending) {
    ObjectNode item = invoice.withObject("/lines").withArray("data").insertObject(0);
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

  /** Finalizes a draft with the usage up to now, and uses the customer's credit. */
  ObjectNode finish(ObjectNode invoice) {
    if (!invoice.get("status").asText().equals("draft")) {
      throw StripeError.invalid("invoice_not_editable", "This invoice is already finalized");
    }
    useUp(invoice);
    sum(invoice).put("status", "open").putNull("automatically_finalizes_at");
    invoice.withObject("/status_transitions").put("finalized_at", world.now());
    ObjectNode customer = world.find(Customers.KIND, invoice.get("customer").asText());
    long balance = customer.path("balance").asLong();
    long credit = Math.min(invoice.get("amount_due").asLong(), Math.max(0, -balance));
    invoice.put("starting_balance", balance);
    invoice.put("amount_due", invoice.get("amount_due").asLong() - credit);
    invoice.put("amount_remaining", invoice.get("amount_due").asLong());
    // The rest of a credit stays in the customer's balance
    // (docs.stripe.com/billing/customer/balance).
    long left = Math.min(0, invoice.get("total").asLong());
    invoice.put("ending_balance", balance + credit + left);
    if (credit > 0 || left < 0) {
      customer.put("balance", balance + credit + left);
    }
    events.emit("invoice.finalized", invoice);
    return invoice;
  }

  /** Fills in the usage up to now. */
  private void useUp(ObjectNode invoice) {
    for (JsonNode line : List.copyOf(invoice.at("/lines/data").valueStream().toList())) {
      String id = line.at("/pricing/price_details/price").asText(null);
      if (id != null && Catalogue.isMetered(world.find(Catalogue.PRICE, id))) {
        ObjectNode price = world.find(Catalogue.PRICE, id);
        bill(invoice, (ObjectNode) line, Catalogue.parts(price, used(invoice, line, price)));
      }
    }
  }

  /** Adds one line for each tier. */
  private static void bill(ObjectNode invoice, ObjectNode line, List<Catalogue.Part> parts) {
    for (Catalogue.Part part : parts) {
      ObjectNode one = part == parts.getFirst() ? line : line.deepCopy();
      if (one != line) {
        one.put("id", "il_" + UlidCreator.getMonotonicUlid());
        invoice.withObject("/lines").withArray("data").add(one);
      }
      one.put("quantity", part.quantity()).put("amount", part.quantity() * part.cents());
      one.withObject("/pricing").put("unit_amount_decimal", Long.toString(part.cents()));
    }
  }

  /** The usage of a line. Like Stripe, bills a negative sum as zero. */
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

  /** The drafts that are an hour old, so that they become final. */
  List<ObjectNode> due() {
    return world.select(
        KIND,
        invoice ->
            invoice.get("status").asText().equals("draft")
                && invoice.get("auto_advance").asBoolean()
                && invoice.get("automatically_finalizes_at").asLong() <= world.now());
  }

  /** Creates an event about a customer's payment. */
  ObjectNode money(String customer, String type, String kind) {
    ObjectNode charge = world.create(CHARGE, "ch_").put("customer", customer).put("paid", true);
    if (kind.equals(CHARGE)) {
      return events.emit(type, charge.put("refunded", true));
    }
    ObjectNode about = world.create(kind, kind.equals("dispute") ? "dp_" : "issfr_");
    return events.emit(type, about.put("charge", charge.get("id").asText()));
  }

  /** Creates an event about a customer's invoice that Stripe cannot process further. */
  ObjectNode trouble(String customer, String type) {
    ObjectNode invoice = world.create(KIND, "in_").put("customer", customer).put("status", "draft");
    invoice.put("auto_advance", false);
    return events.emit(type, invoice);
  }

  /** When the next draft becomes final. */
  long nextFinal() {
    return world
        .select(
            KIND,
            invoice ->
                invoice.get("status").asText().equals("draft")
                    && invoice.get("auto_advance").asBoolean())
        .stream()
        .mapToLong(invoice -> invoice.get("automatically_finalizes_at").asLong())
        .min()
        .orElse(NEVER);
  }

  void pay(ObjectNode invoice) {
    if (!List.of("open", "uncollectible").contains(invoice.get("status").asText())) {
      throw StripeError.invalid("invoice_not_payable", "This invoice cannot be paid now");
    }
    long due = invoice.get("amount_due").asLong();
    invoice.put("status", "paid").put("amount_paid", due).put("amount_remaining", 0);
    invoice.putNull("next_payment_attempt");
    invoice.put("attempt_count", invoice.get("attempt_count").asInt() + 1);
    invoice.withObject("/status_transitions").put("paid_at", world.now());
    events.emit("invoice.paid", invoice);
    events.emit("invoice.payment_succeeded", invoice);
  }

  /**
   * Records a failed payment, perhaps one that the cardholder must confirm first
   * (docs.stripe.com/billing/subscriptions/overview#requires-action).
   */
  void fail(ObjectNode invoice, boolean asks) {
    invoice.put("attempt_count", invoice.get("attempt_count").asInt() + 1);
    if (asks) {
      events.emit("invoice.payment_action_required", invoice);
    }
    events.emit("invoice.payment_failed", invoice);
  }

  /** Voids an invoice (docs.stripe.com/api/invoices/void). */
  ObjectNode cancel(ObjectNode invoice) {
    return close(invoice, "void", "voided_at", "invoice.voided");
  }

  /** Marks an invoice as uncollectible (docs.stripe.com/api/invoices/mark_uncollectible). */
  ObjectNode giveUp(ObjectNode invoice) {
    return close(
        invoice, "uncollectible", "marked_uncollectible_at", "invoice.marked_uncollectible");
  }

  private ObjectNode close(ObjectNode invoice, String status, String since, String event) {
    if (!List.of("open", "uncollectible").contains(invoice.get("status").asText())) {
      throw StripeError.invalid("invoice_not_editable", "This invoice is not open");
    }
    invoice.put("status", status).putNull("next_payment_attempt");
    invoice.withObject("/status_transitions").put(since, world.now());
    events.emit(event, invoice);
    return invoice;
  }

  /** Whether this is the invoice of its subscription that became final last. */
  boolean isNewest(ObjectNode invoice) {
    return world
        .select(KIND, one -> subscription(one).equals(subscription(invoice)))
        .stream()
        .filter(one -> !one.get("status").asText().equals("draft"))
        .reduce((one, next) -> next)
        .map(one -> one.get("id").equals(invoice.get("id")))
        .orElse(false);
  }

  /** Stops trying the payments of a subscription that ends. */
  void leave(ObjectNode subscription) {
    world.select(KIND, one -> subscription(one).equals(subscription.get("id"))).stream()
        .filter(one -> one.get("status").asText().equals("open"))
        .forEach(one -> one.put("auto_advance", false).putNull("next_payment_attempt"));
  }

  /** The open invoices whose payment is due for another attempt. */
  List<ObjectNode> retries() {
    return world.select(KIND, one -> nextAttempt(one) <= world.now());
  }

  private static long nextAttempt(ObjectNode invoice) {
    boolean open = invoice.get("status").asText().equals("open");
    return open ? invoice.path("next_payment_attempt").asLong(NEVER) : NEVER;
  }

  /** When the next payment is tried again. */
  long nextRetry() {
    return world.select(KIND, one -> true).stream()
        .mapToLong(Invoices::nextAttempt)
        .min()
        .orElse(NEVER);
  }

  /**
   * Shortens an invoice to its first ten lines; the others must be listed separately
   * (docs.stripe.com/api/invoices/object#invoice_object-lines).
   */
  static void shorten(JsonNode answer) {
    if (answer.path("object").asText().equals(KIND)) {
      var lines = answer.at("/lines/data");
      if (lines.size() > SHOWN) {
        while (lines.size() > SHOWN) {
          ((ArrayNode) lines).remove(SHOWN);
        }
        ((ObjectNode) answer.get("lines")).put("has_more", true);
      }
    } else if (answer.path("data").isArray()) {
      answer.get("data").forEach(Invoices::shorten);
    }
  }
}
