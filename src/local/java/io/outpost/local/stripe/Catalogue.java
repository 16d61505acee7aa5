package io.outpost.local.stripe;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** Products and their monthly prices. */
final class Catalogue {
  static final String PRICE = "price";
  private static final String PRODUCT = "product";

  private final World world;

  Catalogue(World world) {
    this.world = world;
  }

  List<Operation> operations() {
    return List.of(
        Operation.post("/v1/products", "createProduct", call -> product(call.text("name"))),
        Operation.get("/v1/products/{id}", null, call -> world.find(PRODUCT, call.id())),
        Operation.post("/v1/prices", "createPrice", this::createPrice),
        Operation.post(
            "/v1/prices/{id}",
            null,
            call -> archive(call.id(), !"false".equals(call.text("active")))),
        Operation.get("/v1/prices/{id}", null, call -> world.find(PRICE, call.id())));
  }

  private ObjectNode product(String name) {
    return world.create(PRODUCT, "prod_").put("name", name).put("active", true);
  }

  private ObjectNode createPrice(Call call) {
    String product =
        call.text("product") == null
            ? product(call.params().at("/product_data/name").asText()).get("id").asText()
            : world.find(PRODUCT, call.text("product")).get("id").asText();
    String meter = call.params().at("/recurring/meter").asText(null);
    return price(null, product, call.number("unit_amount", 0), meter)
        .put("currency", call.text("currency"));
  }

  /** Adds a new product with a price that has this id. */
  ObjectNode seed(String id, String name, long cents, String meter) {
    return price(id, product(name).get("id").asText(), cents, meter);
  }

  /** A price for a month or, with a meter, for a unit. */
  private ObjectNode price(String id, String product, long cents, String meter) {
    ObjectNode price = world.create(PRICE, "price_", id);
    price.put("active", true).put("billing_scheme", "per_unit").put("currency", "usd");
    price.put("product", product).put("type", "recurring").put("unit_amount", cents);
    price.put("unit_amount_decimal", Long.toString(cents));
    ObjectNode recurring = price.putObject("recurring").put("interval", "month");
    recurring.put("interval_count", 1).put("meter", meter);
    recurring.put("usage_type", meter == null ? "licensed" : "metered");
    return price;
  }

  /** Units of a price that cost the same. */
  record Part(long quantity, long cents) {}

  /** Adds a metered price whose units cost less above a number of units. */
  ObjectNode seedTiered(String id, String name, String meter, long first, long cents, long then) {
    ObjectNode price = seed(id, name, 0, meter);
    price.put("billing_scheme", "tiered").put("tiers_mode", "graduated");
    price.putNull("unit_amount").putNull("unit_amount_decimal");
    var tiers = price.putArray("tiers");
    tiers.addObject().put("up_to", first).put("unit_amount", cents);
    tiers.addObject().putNull("up_to").put("unit_amount", then);
    return price;
  }

  /**
   * The cost of this many units of a price, tier by tier
   * (docs.stripe.com/products-prices/pricing-models#graduated-pricing).
   */
  static List<Part> parts(ObjectNode price, long used) {
    if (!price.has("tiers")) {
      return List.of(new Part(used, price.get("unit_amount").asLong()));
    }
    long first = Math.min(used, price.at("/tiers/0/up_to").asLong());
    var part = new Part(first, price.at("/tiers/0/unit_amount").asLong());
    return used == first
        ? List.of(part)
        : List.of(part, new Part(used - first, price.at("/tiers/1/unit_amount").asLong()));
  }

  /**
   * Removes a price's tiers, which Stripe shows only when they are expanded
   * (docs.stripe.com/api/prices/object).
   */
  static void hideTiers(ObjectNode answer) {
    answer.findParents("tiers").forEach(price -> ((ObjectNode) price).remove("tiers"));
  }

  /** Makes a price unavailable for new sales, or available again. */
  ObjectNode archive(String id, boolean active) {
    return world.find(PRICE, id).put("active", active);
  }

  /**
   * A price, which must be available for new sales
   * (docs.stripe.com/products-prices/manage-prices#archive-price).
   */
  ObjectNode onSale(String id, String param) {
    ObjectNode price = world.find(PRICE, id);
    if (!price.get("active").asBoolean()) {
      throw StripeError.invalid(
          null, param, "The price specified is inactive. This field only accepts active prices.");
    }
    return price;
  }

  static boolean isMetered(ObjectNode price) {
    return "metered".equals(price.at("/recurring/usage_type").asText());
  }
}
