package io.outpost.local.stripe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Checkout and portal sessions, and the actions of their pages. */
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
    List<Long> quantities = new ArrayList<>();
    for (JsonNode item : call.params().path("line_items")) {
      quantities.add(item.path("quantity").asLong(1));
      ObjectNode price = catalogue.onSale(item.path("price").asText(), "line_items[0][price]");
      if (Catalogue.isMetered(price) == item.has("quantity")) {
        throw StripeError.invalid(
            "parameter_invalid", "quantity belongs to licensed prices, and to these always");
      }
      prices.add(price);
    }
    ObjectNode session = world.create(SESSION, "cs_test_");
    prices.forEach(price -> session.withArray("/prices").add(price.get("id")));
    quantities.forEach(session.withArray("/quantities")::add);
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
                && World.fits(call, "subscription", session.get("subscription"))
                && World.within(call, "created", session)
                && World.fits(call, "status", session.get("status")));
  }

  /**
   * Ends an open session that was created more than a day ago
   * (docs.stripe.com/api/checkout/sessions/expire).
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

  /** Whether the portal's settings were saved. */
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

  /**
   * The customer pays, and the subscription starts. Returns the address to which the browser goes
   * next.
   */
  String pay(String id) {
    ObjectNode session = session(SESSION, id);
    if (session.get("status").asText().equals("expired")) {
      throw StripeError.invalid(null, "This Checkout Session has expired");
    }
    if (session.get("status").asText().equals("open")) {
      List<Subscriptions.Wanted> prices = new ArrayList<>();
      for (int i = 0; i < session.path("prices").size(); i++) {
        ObjectNode price = world.find(Catalogue.PRICE, session.at("/prices/" + i).asText());
        prices.add(new Subscriptions.Wanted(price, session.at("/quantities/" + i).asLong()));
      }
      // If the card does not pay, the page stays open for another one.
      ObjectNode data = session.withObject("/subscription_data").deepCopy();
      data.put("payment_behavior", "error_if_incomplete");
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

  /**
   * The customer changes one subscription: {@code cancel} ends it with its period, {@code renew}
   * undoes that, and any other value is a new price. Returns the address to which the browser goes
   * next.
   */
  String change(String portal, String id, String wish) {
    ObjectNode subscription =
        shown(portal).stream()
            .filter(one -> one.get("id").asText().equals(id))
            .findFirst()
            .orElseThrow(() -> StripeError.missing(Subscriptions.KIND, id));
    switch (wish) {
      case "cancel" -> subscriptions.endLater(subscription, true);
      case "renew" -> subscriptions.endLater(subscription, false);
      default -> {
        if (!mayUpdate(subscription)
            || Catalogue.isMetered(catalogue.onSale(wish, "items[0][price]"))) {
          throw StripeError.invalid(null, "This subscription can only be canceled here");
        }
        subscriptions.swap(subscription, wish);
      }
    }
    return world.find(PORTAL, portal).path("return_url").asText(base.get().toString());
  }

  /**
   * Whether the portal can change a subscription. It cannot when there are several products,
   * metered prices or unpaid invoices (docs.stripe.com/customer-management, limitations;
   * support.stripe.com/questions/billing-customer-portal).
   */
  static boolean mayUpdate(ObjectNode subscription) {
    JsonNode items = subscription.at("/items/data");
    return items.size() == 1
        && !Catalogue.isMetered((ObjectNode) items.get(0).get("price"))
        && List.of("active", "trialing", "past_due").contains(subscription.get("status").asText());
  }

  /**
   * The customer ends all subscriptions at once. Returns the address to which the browser goes
   * next.
   */
  String cancel(String portal) {
    shown(portal).forEach(subscriptions::cancel);
    return world.find(PORTAL, portal).path("return_url").asText(base.get().toString());
  }
}
