package io.outpost.billing;

import io.outpost.tenant.Tier;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * The settings of our Stripe account.
 *
 * @param secretKey empty: no account, so billing is off
 * @param webhookSecrets an event may be signed with any of them
 * @param pricePro the first price is for new subscriptions, the others are older prices of the tier
 * @param priceEnterprise as {@code pricePro}
 * @param automaticTax whether Stripe computes and charges taxes
 * @param promotionCodes whether checkouts accept promotion codes
 * @param meterEventName the {@code event_name} of the meter that counts jobs
 */
@ConfigurationProperties("outpost.stripe")
public record StripeSettings(
    String secretKey,
    List<String> webhookSecrets,
    List<String> pricePro,
    List<String> priceEnterprise,
    String meterEventName,
    boolean automaticTax,
    boolean promotionCodes) {

  /** Drops blank values. */
  public StripeSettings {
    webhookSecrets = given(webhookSecrets);
    pricePro = given(pricePro);
    priceEnterprise = given(priceEnterprise);
  }

  private static List<String> given(List<String> values) {
    return values == null
        ? List.of()
        : values.stream().map(String::strip).filter(value -> !value.isEmpty()).toList();
  }

  /** The prices of a paid tier; the current one is first. */
  List<String> prices(Tier tier) {
    return switch (tier) {
      case FREE -> List.of();
      case PRO -> pricePro;
      case ENTERPRISE -> priceEnterprise;
    };
  }

  /** The tier of each price. */
  Map<String, Tier> tiers() {
    Map<String, Tier> tiers = new HashMap<>();
    for (Tier tier : Tier.values()) {
      prices(tier).forEach(price -> tiers.put(price, tier));
    }
    return tiers;
  }
}
