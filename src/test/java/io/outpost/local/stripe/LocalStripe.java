package io.outpost.local.stripe;

import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Clock;
import java.util.Map;

/**
 * The Stripe that a local Outpost talks to: a stub with two tiers on sale and a meter, which sends
 * its events to Outpost's webhook endpoint. Thread-safe.
 */
public final class LocalStripe implements AutoCloseable {
  /** The price of the tier pro. */
  public static final String PRICE_PRO = "price_outpost_pro";

  /** The price of the tier enterprise, paid by use. */
  public static final String PRICE_ENTERPRISE = "price_outpost_enterprise";

  private static final String WEBHOOK_SECRET = "whsec_outpost_stub";
  private static final String METER = "outpost_jobs";
  private static final int PORT = 12_111;

  private final StripeStub stub;
  private final String meter;

  private LocalStripe(StripeStub stub) {
    this.stub = stub;
    this.meter = stub.account().addMeter(METER);
    stub.account().addPrice(PRICE_PRO, "Outpost pro", 4_900, null);
    stub.account().addPrice(PRICE_ENTERPRISE, "Outpost enterprise", 25, meter);
  }

  /** A container of its own: {@code args[0]} is the address of the Outpost that is told. */
  public static void main(String[] args) {
    var stripe = new LocalStripe(StripeStub.start(new InetSocketAddress(PORT), Clock.systemUTC()));
    stripe.notify(args[0]);
    System.out.println("Stripe's stand-in listens on port " + PORT);
  }

  /** Starts on a free port. */
  public static LocalStripe start(Clock clock) {
    return new LocalStripe(StripeStub.start(0, clock));
  }

  /** The Spring properties that point Outpost at this Stripe. */
  public Map<String, Object> settings() {
    return Map.of(
        "outpost.stripe.api-base", stub.base().toString(),
        "outpost.stripe.secret-key", StripeStub.SECRET_KEY,
        "outpost.stripe.webhook-secrets", WEBHOOK_SECRET,
        "outpost.stripe.price-pro", PRICE_PRO,
        "outpost.stripe.price-enterprise", PRICE_ENTERPRISE,
        "outpost.stripe.meter-event-name", METER);
  }

  /** From now on events go to the Outpost at an address. */
  public void notify(String address) {
    stub.webhooks().deliverTo(URI.create(address + "/webhooks/stripe"), WEBHOOK_SECRET);
  }

  /** The stub itself. */
  public StripeStub stub() {
    return stub;
  }

  /** How many jobs Stripe counted for a customer. */
  public long counted(String customer) {
    return stub.account().used(meter, customer);
  }

  @Override
  public void close() {
    stub.close();
  }
}
