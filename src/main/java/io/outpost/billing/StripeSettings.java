package io.outpost.billing;

import io.outpost.tenant.Tier;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * Our account at Stripe.
 *
 * @param secretKey empty: there is no account, and billing rests
 * @param webhookSecrets any of them may have signed an event
 * @param pricePro the first is sold, the others are recognised: older prices of the same tier
 * @param priceEnterprise as {@code pricePro}
 * @param automaticTax whether Stripe works out and charges taxes
 * @param promotionCodes whether checkouts take promotion codes
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

  /** Leaves out what is blank. */
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

  /** The prices of a paid tier, the one that is sold first. */
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
