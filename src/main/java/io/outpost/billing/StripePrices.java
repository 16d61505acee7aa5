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
 * Caches which of our prices are metered, and which have the same price for each unit. A price
 * never changes in that. Thread-safe.
 */
@Component("stripePrices")
public class StripePrices {
  private final Map<String, Terms> known = new ConcurrentHashMap<>();
  private final StripeSettings settings;

  StripePrices(StripeSettings settings) {
    this.settings = settings;
  }

  /**
   * How a price bills.
   *
   * @param byUnit whether each unit costs the same, so that single jobs can be priced
   */
  record Terms(boolean metered, boolean byUnit) {}

  /** Those of our prices that were not read from Stripe yet. */
  public List<String> unknown() {
    return Arrays.stream(Tier.values())
        .flatMap(tier -> settings.prices(tier).stream())
        .filter(price -> !known.containsKey(price))
        .toList();
  }

  /** The call for a price. */
  public StripeCall ask(@Body String price) {
    return StripeCall.get("/v1/prices/" + price, null);
  }

  /** Records Stripe's answer about a price. */
  public void learn(@Body String price, @Variable("price") String json) {
    known.put(price, StripeAnswers.terms(json));
  }

  /** Whether this is a price of ours and metered. */
  boolean isMetered(@Nullable String price) {
    return price != null && known.containsKey(price) && known.get(price).metered();
  }

  /** Whether this is a price of ours at which each unit costs the same. */
  boolean isByUnit(@Nullable String price) {
    return price != null && known.containsKey(price) && known.get(price).byUnit();
  }
}
