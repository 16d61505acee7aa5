package io.outpost.local.stripe;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * The stub's single Stripe account: what calls do to it, and what a test makes happen at Stripe.
 * Safe for use by many threads; returned objects are copies.
 */
public final class Account {
  private static final String METER_EVENTS = "/v1/billing/meter_events";

  private final World world;
  private final Events events;
  private final Customers customers;
  private final Catalogue catalogue;
  private final Meters meters;
  private final Payments payments;
  private final Subscriptions subscriptions;
  private final Invoices invoices;
  private final Checkout checkout;
  private final Endpoints endpoints;
  private final Pages pages;
  private final List<Operation> operations;

  Account(Clock clock, String apiVersion, Consumer<ObjectNode> listener, Supplier<URI> base) {
    world = new World(clock);
    events = new Events(world, apiVersion, listener);
    catalogue = new Catalogue(world);
    customers = new Customers(world, events);
    meters = new Meters(world, customers, events);
    invoices = new Invoices(world, events, meters);
    payments = new Payments();
    subscriptions = new Subscriptions(world, events, customers, invoices, payments);
    checkout = new Checkout(world, events, customers, subscriptions, catalogue, base);
    endpoints = new Endpoints(world);
    pages = new Pages(checkout);
    operations =
        Stream.of(
                customers.operations(),
                catalogue.operations(),
                checkout.operations(),
                subscriptions.operations(),
                invoices.operations(),
                meters.operations(),
                endpoints.operations(),
                events.operations())
            .flatMap(List::stream)
            .toList();
  }

  List<Operation> operations() {
    return operations;
  }

  Answer perform(Call call, Consumer<Call> gate, Function<Call, ObjectNode> effect) {
    Supplier<Answer> run =
        () -> {
          gate.accept(call);
          return locked(
              () -> {
                ObjectNode answer = world.expand(call, effect.apply(call));
                Invoices.shorten(answer);
                Catalogue.hideTiers(answer);
                return Answer.of(answer);
              });
        };
    return call.path().equals(METER_EVENTS)
        ? meters.alone(call.params().at("/payload/stripe_customer_id").asText(), run)
        : run.get();
  }

  Pages.Page visit(String method, String path) {
    return locked(() -> pages.visit(method, path));
  }

  private <T> T locked(Supplier<T> work) {
    synchronized (world) {
      return work.get();
    }
  }

  /** Adds a meter that sums {@code eventName}; returns its id. */
  public String addMeter(String eventName) {
    return locked(() -> meters.seed(eventName, eventName).get("id").asText());
  }

  /** Adds a monthly price or, if {@code meter} is not null, a price for each unit of that meter. */
  public void addPrice(String id, String name, long cents, String meter) {
    locked(() -> catalogue.seed(id, name, cents, meter));
  }

  /**
   * Adds a metered price: the first {@code first} units cost {@code cents} each, further ones
   * {@code then}.
   */
  public void addTieredPrice(String id, String meter, long first, long cents, long then) {
    locked(() -> catalogue.seedTiered(id, id, meter, first, cents, then));
  }

  /** From now on an e-mail address is refused. */
  public void refuseAddress(String email) {
    locked(() -> customers.refuse(email));
  }

  /** Adds a customer that belongs to no tenant; returns its id. */
  public String addCustomer(String email) {
    return locked(() -> customers.add(email).get("id").asText());
  }

  /** Deletes a customer; its subscriptions end. */
  public void deleteCustomer(String customer) {
    locked(
        () -> {
          world
              .select(Subscriptions.KIND, s -> s.path("customer").asText().equals(customer))
              .stream()
              .filter(s -> !s.get("status").asText().equals("canceled"))
              .forEach(subscriptions::cancel);
          return customers.delete(customer);
        });
  }

  /** Makes a price unavailable for new sales, or available again. */
  public void sell(String price, boolean active) {
    locked(() -> catalogue.archive(price, active));
  }

  /** Deactivates a meter ({@code inactive}) or activates it ({@code active}). */
  public void turnMeter(String meter, String status) {
    locked(
        () -> {
          meters.status(meter, status);
          return meter;
        });
  }

  /**
   * From now on meter events are checked and counted this many seconds after they were accepted.
   */
  public void meterLag(long seconds) {
    locked(
        () -> {
          meters.lag(seconds);
          return seconds;
        });
  }

  /** Whether the portal's settings were saved. */
  public void configurePortal(boolean saved) {
    locked(
        () -> {
          checkout.portal(saved);
          return saved;
        });
  }

  /** Registers a webhook endpoint, as the dashboard does. */
  public void addEndpoint(URI url, List<String> types) {
    locked(() -> endpoints.add(url.toString(), types));
  }

  /**
   * Makes everything happen that is due by the clock: periods end; drafts become final and are
   * paid, if {@code pays} is true for the customer.
   */
  public void pass(Predicate<String> pays) {
    locked(
        () -> {
          world.select(Subscriptions.KIND, subscriptions::isOver).forEach(subscriptions::turnOver);
          for (ObjectNode draft : invoices.due()) {
            subscriptions.settle(draft, pays.test(draft.get("customer").asText()));
          }
          for (ObjectNode open : invoices.retries()) {
            if (pays.test(open.get("customer").asText())) {
              subscriptions.pay(open);
            } else {
              subscriptions.fail(open);
            }
          }
          world.select(Subscriptions.KIND, subscriptions::isExpired).forEach(subscriptions::expire);
          return true;
        });
  }

  /**
   * Makes everything happen that is due by the clock. The cards of customers decide what is paid.
   */
  public void pass() {
    pass(customer -> payments.card(customer) == Card.PAYS);
  }

  /** From now on a customer's payments end as this card decides. */
  public void card(String customer, Card card) {
    locked(
        () -> {
          payments.card(customer, card);
          return card;
        });
  }

  /** What becomes of a subscription when every attempt at a payment has failed. */
  public void afterLastTry(String status) {
    locked(
        () -> {
          payments.end(status);
          return status;
        });
  }

  /**
   * Creates an event about a payment; {@code kind} is charge, dispute or radar.early_fraud_warning.
   */
  public ObjectNode money(String customer, String type, String kind) {
    return locked(() -> invoices.money(customer, type, kind).deepCopy());
  }

  /**
   * Creates an event about an invoice that Stripe cannot process further; {@code type} says why.
   */
  public ObjectNode trouble(String customer, String type) {
    return locked(() -> invoices.trouble(customer, type).deepCopy());
  }

  /** When the clock next makes something due: the end of a period, or of a draft. */
  public Instant nextDue() {
    return locked(
        () ->
            Instant.ofEpochSecond(
                LongStream.of(
                        subscriptions.nextEnd(),
                        subscriptions.nextExpiry(),
                        invoices.nextFinal(),
                        invoices.nextRetry())
                    .min()
                    .orElseThrow()));
  }

  /** Every subscription, including ended ones, oldest first. */
  public List<ObjectNode> subscriptions() {
    return locked(() -> copies(world.select(Subscriptions.KIND, subscription -> true)));
  }

  /** Makes a subscription end with its current period. */
  public void endLater(String subscription) {
    locked(() -> subscriptions.endLater(subscriptions.find(subscription), true));
  }

  /** Ends a subscription at once, with a last invoice for its usage. */
  public void cancelAndBill(String subscription) {
    locked(() -> subscriptions.cancelAndBill(subscription));
  }

  /** Counts a meter event that was never sent, which the real Stripe should not do. */
  public void addUsage(String meter, String customer, Instant at) {
    locked(
        () -> {
          meters.add(meter, customer, at.getEpochSecond());
          return customer;
        });
  }

  /** Every invoice, oldest first. */
  public List<ObjectNode> invoices() {
    return locked(() -> copies(world.select(Invoices.KIND, invoice -> true)));
  }

  /** Every credit of a customer's balance, oldest first. */
  public List<ObjectNode> credits() {
    return locked(() -> copies(world.select(Customers.CREDIT, credit -> true)));
  }

  /** Adds an invoice item, as an operator would, to a customer's next invoice. */
  public void addPosition(String customer, long cents) {
    locked(() -> invoices.addPosition(customer, cents));
  }

  /** Starts a subscription, with the result that the customer's card gives; returns it. */
  public ObjectNode subscribe(String customer, String price) {
    Call call = new Call("POST", "/", World.object(), Map.of(), Map.of());
    return locked(
        () ->
            subscriptions
                .start(
                    customer,
                    List.of(new Subscriptions.Wanted(world.find(Catalogue.PRICE, price), 1)),
                    call)
                .deepCopy());
  }

  /** Changes a subscription's status, and sends the event that Stripe would send. */
  public ObjectNode turn(String subscription, String status, String event) {
    return locked(
        () -> subscriptions.turn(subscriptions.find(subscription), status, event).deepCopy());
  }

  /** Ends a subscription at once. */
  public ObjectNode cancel(String subscription) {
    return locked(() -> subscriptions.cancel(subscriptions.find(subscription)).deepCopy());
  }

  /** Ends the current period of a subscription; returns its invoice, which is not paid yet. */
  public ObjectNode renew(String subscription) {
    return locked(() -> subscriptions.renew(subscriptions.find(subscription)).deepCopy());
  }

  /** The payment of an invoice succeeds. */
  public ObjectNode pay(String invoice) {
    return locked(() -> subscriptions.pay(world.find(Invoices.KIND, invoice)).deepCopy());
  }

  /** Marks an invoice as uncollectible. */
  public ObjectNode giveUp(String invoice) {
    return locked(() -> invoices.giveUp(world.find(Invoices.KIND, invoice)).deepCopy());
  }

  /** The payment of an invoice fails. */
  public ObjectNode fail(String invoice) {
    return locked(() -> subscriptions.fail(world.find(Invoices.KIND, invoice)).deepCopy());
  }

  /** Every customer, including deleted ones, oldest first. */
  public List<ObjectNode> customers() {
    return locked(() -> copies(world.select(Customers.KIND, customer -> true)));
  }

  /** All events, oldest first. */
  public List<ObjectNode> events() {
    return locked(() -> copies(events.all()));
  }

  /** How often each meter event's identifier was counted. */
  public Map<String, Integer> counted() {
    return locked(meters::counted);
  }

  /** Loses a meter event that was counted, which the real Stripe should not do. */
  public void forgetUsage(String identifier) {
    locked(
        () -> {
          meters.forget(identifier);
          return identifier;
        });
  }

  /** A customer's total usage of a meter. */
  public long used(String meter, String customer) {
    return locked(() -> meters.sum(meter, customer, at -> true));
  }

  private static List<ObjectNode> copies(List<ObjectNode> objects) {
    return objects.stream().map(ObjectNode::deepCopy).toList();
  }
}
