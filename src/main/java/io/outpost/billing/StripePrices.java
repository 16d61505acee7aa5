package io.outpost.billing;

import io.outpost.tenant.Tier;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.Body;
import org.apache.camel.Variable;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Which of our prices are paid by use, and which of them have one price for each unit; a price
 * never changes that. Thread-safe.
 */
@Component("stripePrices")
public class StripePrices {
  private final Map<String, Terms> known = new ConcurrentHashMap<>();
  private final StripeSettings settings;

  StripePrices(StripeSettings settings) {
    this.settings = settings;
  }

  /**
   * How a price is.
   *
   * @param byUnit whether each unit costs the same, so that some more or less can be priced
   */
  record Terms(boolean metered, boolean byUnit) {}

  /** Our prices that we did not ask Stripe about yet. */
  public List<String> unknown() {
    return Arrays.stream(Tier.values())
        .flatMap(tier -> settings.prices(tier).stream())
        .filter(price -> !known.containsKey(price))
        .toList();
  }

  /** Asks for one. */
  public StripeCall ask(@Body String price) {
    return StripeCall.get("/v1/prices/" + price, null);
  }

  /** Keeps what Stripe says of one. */
  public void learn(@Body String price, @Variable("price") String json) {
    known.put(price, StripeAnswers.terms(json));
  }

  /** Whether it is one of ours and paid by use. */
  boolean isMetered(@Nullable String price) {
    return price != null && known.containsKey(price) && known.get(price).metered();
  }

  /** Whether it is one of ours and each of its units costs the same. */
  boolean isByUnit(@Nullable String price) {
    return price != null && known.containsKey(price) && known.get(price).byUnit();
  }
}
