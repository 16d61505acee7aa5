package io.outpost.billing;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.local.stripe.LocalStripe;
import io.outpost.local.stripe.StripeStub;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * {@code outpost billing check} lists the faults of the Stripe account, and prints nothing when
 * there are none.
 */
class BillingCommandTest {
  private final LocalStripe stripe = LocalStripe.start(Clock.systemUTC());
  private final Map<String, String> settings = new HashMap<>();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  @BeforeEach
  void allIsWell() {
    settings.put("OUTPOST_STRIPE_API_BASE", stripe.stub().base().toString());
    settings.put("OUTPOST_STRIPE_SECRET_KEY", StripeStub.SECRET_KEY);
    settings.put("OUTPOST_STRIPE_WEBHOOK_SECRET", "whsec_1");
    settings.put("OUTPOST_STRIPE_PRICE_PRO", LocalStripe.PRICE_PRO);
    settings.put("OUTPOST_STRIPE_PRICE_ENTERPRISE", LocalStripe.PRICE_ENTERPRISE);
    stripe
        .stub()
        .account()
        .addEndpoint(URI.create("https://api.example/webhooks/stripe"), List.of("*"));
  }

  @AfterEach
  void stop() {
    stripe.close();
  }

  private int check() {
    out.reset();
    var print = new PrintStream(out, true, StandardCharsets.UTF_8);
    return new BillingCommand(
            settings::get, print, new PrintStream(PrintStream.nullOutputStream(), true))
        .execute(List.of("check"));
  }

  private List<String> findings() {
    return out.toString(StandardCharsets.UTF_8).lines().toList();
  }

  /** At such a price late jobs could not be billed. */
  @Test
  void namesAPriceByUseThatHasNoAmountForEachUnit() {
    stripe.stub().account().addTieredPrice("price_tiers", stripe.meter(), 2, 30, 10);
    settings.put("OUTPOST_STRIPE_PRICE_ENTERPRISE", "price_tiers");
    assertThat(check()).isEqualTo(1);
    assertThat(findings()).singleElement().asString().contains("price_tiers", "tiers");
  }

  @Test
  void endsWithNothingToSayWhenAllIsWell() {
    assertThat(check()).as(out.toString(StandardCharsets.UTF_8)).isZero();
    assertThat(findings()).isEmpty();
  }

  @Test
  void namesEachThingThatIsWrongOnALineOfItsOwn() {
    stripe.stub().account().sell(LocalStripe.PRICE_PRO, false);
    stripe.stub().account().configurePortal(false);
    stripe.stub().account().turnMeter(stripe.meter(), "inactive");
    settings.put("OUTPOST_STRIPE_PRICE_ENTERPRISE", "price_of_nobody");
    stripe.stub().secretKey().forbid("/v1/webhook_endpoints");
    assertThat(check()).isEqualTo(1);
    assertThat(findings())
        .hasSize(5)
        .anyMatch(line -> line.contains("archived"))
        .anyMatch(line -> line.contains("price_of_nobody"))
        .anyMatch(line -> line.contains("meter"))
        .anyMatch(line -> line.contains("portal"))
        .anyMatch(line -> line.contains("Webhook endpoints: read"));
  }

  @Test
  void saysThatAKeyIsNotAccepted() {
    stripe.stub().secretKey().revoke();
    assertThat(check()).isEqualTo(1);
    assertThat(findings()).singleElement().asString().contains("OUTPOST_STRIPE_SECRET_KEY");
  }

  @Test
  void endsWithTwoWhereItCannotLook() {
    stripe.stub().faults().next(100, io.outpost.local.stripe.Faults.Fault.SERVER_ERROR);
    assertThat(check()).isEqualTo(2);
    settings.remove("OUTPOST_STRIPE_SECRET_KEY");
    assertThat(check()).isEqualTo(2);
    assertThat(findings()).isEmpty();
  }
}
