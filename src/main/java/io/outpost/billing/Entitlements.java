package io.outpost.billing;

import io.outpost.tenant.Tier;
import java.util.List;
import java.util.Map;
import org.apache.camel.Variable;
import org.springframework.stereotype.Component;

/** Judges what Stripe answered about a customer's subscriptions. Immutable. */
@Component("entitlements")
public class Entitlements {
  private final Map<String, Tier> tiers;

  Entitlements(StripeSettings settings) {
    this.tiers = settings.tiers();
  }

  /** The tenant's standing; null where it pays for a price that we do not know. */
  public Entitlement judge(@Variable("subscriptions") String subscriptions) {
    return Entitlement.of(StripeAnswers.subscriptions(subscriptions), tiers).orElse(null);
  }

  /** The subscriptions that have not ended. */
  public List<String> living(@Variable("subscriptions") String subscriptions) {
    return StripeAnswers.living(subscriptions);
  }
}
