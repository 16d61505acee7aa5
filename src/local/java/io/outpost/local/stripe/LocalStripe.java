package io.outpost.local.stripe;

import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Clock;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * The Stripe of a local Outpost: a stub that sells two tiers, has a meter, and sends its events to
 * Outpost's webhook endpoint. Thread-safe.
 */
public final class LocalStripe implements AutoCloseable {
  /** The price of the tier pro. */
  public static final String PRICE_PRO = "price_outpost_pro";

  /** The metered price of the tier enterprise. */
  public static final String PRICE_ENTERPRISE = "price_outpost_enterprise";

  private static final int PORT = 12_111;

  private final StripeStub stub;
  private final UnaryOperator<String> settings;
  private final String meter;

  private LocalStripe(StripeStub stub, UnaryOperator<String> settings) {
    this.stub = stub;
    this.settings = settings;
    this.meter = stub.account().addMeter(meterName());
    for (var price : pricePro().split(",")) {
      stub.account().addPrice(price.strip(), "Outpost pro", 4_900, null);
    }
    for (var price : priceEnterprise().split(",")) {
      stub.account().addPrice(price.strip(), "Outpost enterprise", 25, meter);
    }
  }

  /**
   * Runs as a container of its own; {@code args[0]} is the address of the Outpost that gets the
   * events.
   */
  public static void main(String[] args) {
    var stripe =
        new LocalStripe(
            StripeStub.start(new InetSocketAddress(PORT), Clock.systemUTC()), System::getenv);
    stripe.notify(args[0]);
    System.out.println("Stripe's stand-in listens on port " + PORT);
  }

  /** Starts on a free port. */
  public static LocalStripe start(Clock clock) {
    return start(clock, name -> null);
  }

  /**
   * Starts on a free port. The names of prices, meter and secrets can be set.
   *
   * @param settings returns a setting's value by its environment name, or null
   */
  public static LocalStripe start(Clock clock, UnaryOperator<String> settings) {
    return new LocalStripe(StripeStub.start(0, clock), settings);
  }

  private String webhookSecrets() {
    return setting("WEBHOOK_SECRET", "whsec_outpost_stub");
  }

  private String pricePro() {
    return setting("PRICE_PRO", PRICE_PRO);
  }

  private String priceEnterprise() {
    return setting("PRICE_ENTERPRISE", PRICE_ENTERPRISE);
  }

  private String meterName() {
    return setting("METER_EVENT_NAME", "outpost_jobs");
  }

  private String setting(String name, String otherwise) {
    var value = settings.apply("OUTPOST_STRIPE_" + name);
    return value == null || value.isBlank() ? otherwise : value;
  }

  /** The Spring properties that point Outpost at this Stripe. */
  public Map<String, Object> settings() {
    return Map.of(
        "outpost.stripe.api-base", stub.base().toString(),
        "outpost.stripe.secret-key", StripeStub.SECRET_KEY,
        "outpost.stripe.webhook-secrets", webhookSecrets(),
        "outpost.stripe.price-pro", pricePro(),
        "outpost.stripe.price-enterprise", priceEnterprise(),
        "outpost.stripe.meter-event-name", meterName());
  }

  /** From now on events are sent to the Outpost at this address. */
  public void notify(String address) {
    stub.account().addEndpoint(URI.create(address + "/webhooks/stripe"), java.util.List.of("*"));
    var newest = webhookSecrets().split(",")[0].strip();
    stub.webhooks().deliverTo(URI.create(address + "/webhooks/stripe"), newest);
  }

  /** The stub itself. */
  public StripeStub stub() {
    return stub;
  }

  /** The id of the meter that counts jobs. */
  public String meter() {
    return meter;
  }

  /** The number of jobs that Stripe has counted for a customer. */
  public long counted(String customer) {
    return stub.account().used(meter, customer);
  }

  @Override
  public void close() {
    stub.close();
  }
}
