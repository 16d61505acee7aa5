package io.outpost.local.stripe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** Invoices of subscriptions: open, then paid or tried in vain. */
final class Invoices {
  static final String KIND = "invoice";

  /** One position of an invoice. */
  record Line(ObjectNode price, long quantity) {
    long amount() {
      return price.get("unit_amount").asLong() * quantity;
    }
  }

  private final World world;
  private final Events events;

  Invoices(World world, Events events) {
    this.world = world;
    this.events = events;
  }

  List<Operation> operations() {
    return List.of(
        Operation.get(
            "/v1/invoices",
            "listInvoices",
            call ->
                world.page(
                    call,
                    KIND,
                    invoice ->
                        World.fits(call, "customer", invoice.get("customer"))
                            && World.fits(call, "status", invoice.get("status"))
                            && World.fits(call, "subscription", subscription(invoice)))),
        Operation.get("/v1/invoices/{id}", null, call -> world.find(KIND, call.id())));
  }

  private static JsonNode subscription(ObjectNode invoice) {
    return invoice.at("/parent/subscription_details/subscription");
  }

  /** A finalized invoice that nobody paid yet. */
  ObjectNode open(ObjectNode subscription, String reason, List<Line> lines) {
    long total = lines.stream().mapToLong(Line::amount).sum();
    ObjectNode invoice = world.create(KIND, "in_");
    invoice.put("customer", subscription.get("customer").asText()).put("currency", "usd");
    invoice.put("status", "open").put("billing_reason", reason).put("attempt_count", 0);
    invoice.put("amount_due", total).put("amount_paid", 0).put("amount_remaining", total);
    invoice.put("total", total).put("collection_method", "charge_automatically");
    ObjectNode parent = invoice.putObject("parent").put("type", "subscription_details");
    parent.putObject("subscription_details").put("subscription", subscription.get("id").asText());
    ObjectNode list = invoice.putObject("lines").put("object", "list").put("has_more", false);
    for (Line line : lines) {
      ObjectNode item = list.withArray("data").addObject().put("object", "line_item");
      item.put("amount", line.amount()).put("quantity", line.quantity()).put("currency", "usd");
      item.putObject("pricing").put("type", "price_details").putObject("price_details");
      item.withObject("/pricing/price_details").put("price", line.price().get("id").asText());
    }
    return invoice;
  }

  void pay(ObjectNode invoice) {
    long total = invoice.get("total").asLong();
    invoice.put("status", "paid").put("amount_paid", total).put("amount_remaining", 0);
    invoice.put("attempt_count", invoice.get("attempt_count").asInt() + 1);
    events.emit("invoice.paid", invoice);
    events.emit("invoice.payment_succeeded", invoice);
  }

  void fail(ObjectNode invoice) {
    invoice.put("attempt_count", invoice.get("attempt_count").asInt() + 1);
    events.emit("invoice.payment_failed", invoice);
  }
}
