package io.outpost.local.stripe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Checkout and portal sessions, and what their pages do. */
final class Checkout {
  static final String SESSION = "checkout.session";
  static final String PORTAL = "billing_portal.session";
  private static final long OPEN = Duration.ofHours(24).toSeconds();
  private static final ObjectNode PORTAL_CONFIGURATION =
      World.object()
          .put("id", "bpc_default")
          .put("object", "billing_portal.configuration")
          .put("active", true)
          .put("is_default", true);

  private final World world;
  private final Events events;
  private final Customers customers;
  private final Subscriptions subscriptions;
  private final Supplier<URI> base;
  private final Catalogue catalogue;
  private boolean portal = true;

  Checkout(
      World world,
      Events events,
      Customers customers,
      Subscriptions subscriptions,
      Catalogue catalogue,
      Supplier<URI> base) {
    this.world = world;
    this.events = events;
    this.customers = customers;
    this.subscriptions = subscriptions;
    this.base = base;
    this.catalogue = catalogue;
  }

  List<Operation> operations() {
    return List.of(
        Operation.post("/v1/checkout/sessions", "createCheckoutSession", this::create),
        Operation.get("/v1/checkout/sessions", "listCheckoutSessions", this::list),
        Operation.get("/v1/checkout/sessions/{id}", null, call -> session(SESSION, call.id())),
        Operation.post(
            "/v1/checkout/sessions/{id}/expire", null, call -> expire(session(SESSION, call.id()))),
        Operation.get(
            "/v1/billing_portal/configurations",
            "listPortalConfigurations",
            call -> World.page(call, portal ? List.of(PORTAL_CONFIGURATION) : List.of())),
        Operation.post("/v1/billing_portal/sessions", "createPortalSession", this::createPortal));
  }

  private ObjectNode create(Call call) {
    String customer = customers.living(call.text("customer")).get("id").asText();
    List<ObjectNode> prices = new ArrayList<>();
    for (JsonNode item : call.params().path("line_items")) {
      ObjectNode price = catalogue.onSale(item.path("price").asText(), "line_items[0][price]");
      if (Catalogue.isMetered(price) == item.has("quantity")) {
        throw StripeError.invalid(
            "parameter_invalid", "quantity belongs to licensed prices, and to these always");
      }
      prices.add(price);
    }
    ObjectNode session = world.create(SESSION, "cs_test_");
    prices.forEach(price -> session.withArray("/prices").add(price.get("id")));
    session.put("expires_at", world.now() + OPEN);
    session.put("customer", customer).put("mode", call.text("mode")).put("status", "open");
    session.put("payment_status", "unpaid").put("success_url", call.text("success_url"));
    session.put("cancel_url", call.text("cancel_url")).putNull("subscription");
    session.put("client_reference_id", call.text("client_reference_id"));
    session.withObject("/subscription_data").setAll(call.params().withObject("/subscription_data"));
    World.metadata(call, session);
    return session.put("url", base.get() + "/checkout/" + session.get("id").asText());
  }

  private ObjectNode list(Call call) {
    world.select(SESSION, session -> true).forEach(this::age);
    return world.page(
        call,
        SESSION,
        session ->
            World.fits(call, "customer", session.get("customer"))
                && World.fits(call, "status", session.get("status")));
  }

  /**
   * An open session is over a day after it was made (docs.stripe.com/api/checkout/sessions/expire).
   */
  private ObjectNode age(ObjectNode session) {
    boolean old = session.path("expires_at").asLong(Long.MAX_VALUE) <= world.now();
    return old && session.get("status").asText().equals("open") ? end(session) : session;
  }

  private ObjectNode expire(ObjectNode session) {
    if (!session.get("status").asText().equals("open")) {
      throw StripeError.invalid(
          null, "Only Checkout Sessions with a status of open can be expired");
    }
    return end(session);
  }

  private ObjectNode end(ObjectNode session) {
    session.put("status", "expired").putNull("url");
    events.emit("checkout.session.expired", session);
    return session;
  }

  /** Whether somebody saved the portal's settings. */
  void portal(boolean configured) {
    portal = configured;
  }

  private ObjectNode createPortal(Call call) {
    if (!portal) {
      throw StripeError.invalid(
          null,
          "You can't create a portal session in test mode until you save your customer portal"
              + " settings in test mode at"
              + " https://dashboard.stripe.com/test/settings/billing/portal.");
    }
    String customer = customers.living(call.text("customer")).get("id").asText();
    ObjectNode session = world.create(PORTAL, "bps_");
    session.put("customer", customer).put("return_url", call.text("return_url"));
    return session.put("url", base.get() + "/portal/" + session.get("id").asText());
  }

  ObjectNode session(String kind, String id) {
    return age(world.find(kind, id));
  }

  /** The customer pays: the subscription starts. Answers where the browser goes next. */
  String pay(String id) {
    ObjectNode session = session(SESSION, id);
    if (session.get("status").asText().equals("expired")) {
      throw StripeError.invalid(null, "This Checkout Session has expired");
    }
    if (session.get("status").asText().equals("open")) {
      List<ObjectNode> prices = new ArrayList<>();
      session
          .path("prices")
          .forEach(price -> prices.add(world.find(Catalogue.PRICE, price.asText())));
      ObjectNode data = session.withObject("/subscription_data").deepCopy();
      Call call = new Call("POST", "/checkout/" + id, data, Map.of(), Map.of());
      ObjectNode subscription = subscriptions.start(session.get("customer").asText(), prices, call);
      session.put("status", "complete").put("payment_status", "paid");
      session.put("subscription", subscription.get("id").asText());
      events.emit("checkout.session.completed", session);
    }
    return session.get("success_url").asText().replace("{CHECKOUT_SESSION_ID}", id);
  }

  /** The subscriptions that a portal session shows. */
  List<ObjectNode> shown(String portal) {
    String customer = world.find(PORTAL, portal).get("customer").asText();
    return world.select(
        Subscriptions.KIND,
        subscription ->
            subscription.get("customer").asText().equals(customer)
                && !subscription.get("status").asText().equals("canceled"));
  }

  /** The customer ends every subscription. Answers where the browser goes next. */
  String cancel(String portal) {
    shown(portal).forEach(subscriptions::cancel);
    return world.find(PORTAL, portal).path("return_url").asText(base.get().toString());
  }
}
