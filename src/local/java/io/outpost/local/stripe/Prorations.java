package io.outpost.local.stripe;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * What a change within a period gives back and charges: the rest of the period, by the second, as
 * pending items of the next invoice. Metered prices are never prorated
 * (docs.stripe.com/billing/subscriptions/prorations).
 */
final class Prorations {
  private final World world;

  Prorations(World world) {
    this.world = world;
  }

  /** Charges the rest of an item's period ({@code sign} 1), or gives it back (-1). */
  void add(ObjectNode subscription, ObjectNode item, int sign) {
    if (Catalogue.isMetered((ObjectNode) item.get("price"))) {
      return;
    }
    long start = item.get("current_period_start").asLong();
    long end = item.get("current_period_end").asLong();
    long whole = item.at("/price/unit_amount").asLong() * item.get("quantity").asLong();
    ObjectNode position = world.create(Invoices.ITEM, "ii_").put("currency", "usd");
    position.set("customer", subscription.get("customer"));
    position.set("subscription", subscription.get("id"));
    position.put("proration", true).putNull("invoice").put("date", world.now());
    position.put("amount", sign * Math.round((double) whole * (end - world.now()) / (end - start)));
    position.put("description", sign > 0 ? "Remaining time" : "Unused time").putObject("metadata");
  }
}
