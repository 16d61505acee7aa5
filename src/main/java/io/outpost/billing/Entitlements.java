package io.outpost.billing;

import io.outpost.tenant.Tier;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.camel.Variable;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Judges Stripe's list of a customer's subscriptions. Immutable. */
@Component("entitlements")
public class Entitlements {
  private static final Set<String> OWED = Set.of("past_due", "unpaid");
  private static final Set<String> LIVING =
      Set.of("active", "trialing", "past_due", "unpaid", "paused");

  private final Map<String, Tier> tiers;

  Entitlements(StripeSettings settings) {
    this.tiers = settings.tiers();
  }

  /** Whether the customer is past due. */
  public boolean isOwing(@Variable("subscriptions") String subscriptions) {
    return StripeAnswers.subscriptions(subscriptions).stream()
        .anyMatch(one -> OWED.contains(one.status()));
  }

  /** The tenant's entitlement; null when only prices that are not ours are paid or unpaid. */
  public @Nullable Entitlement judge(
      @Variable("subscriptions") String subscriptions,
      @Variable("unpaid") @Nullable String unpaid) {
    var all =
        unpaid == null
            ? StripeAnswers.subscriptions(subscriptions)
            : StripeAnswers.subscriptions(subscriptions, unpaid);
    return Entitlement.of(all, tiers).orElse(null);
  }

  /** Whether a tenant pays for more than one subscription with our prices. */
  public boolean hasSeveral(@Variable("subscriptions") String subscriptions) {
    return StripeAnswers.subscriptions(subscriptions).stream()
            .filter(one -> LIVING.contains(one.status()))
            .filter(one -> one.prices().stream().anyMatch(tiers::containsKey))
            .count()
        > 1;
  }

  /** The ids of the subscriptions that have not ended. */
  public List<String> living(@Variable("subscriptions") String subscriptions) {
    return StripeAnswers.living(subscriptions);
  }
}
