package io.outpost.billing;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.tenant.Tenant;
import io.outpost.tenant.Tier;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The table in docs/billing.md, row by row. */
class EntitlementTest {
  private static final Instant ANCHOR = Instant.parse("2026-11-03T00:00:00Z");
  private static final Instant UNPAID = Instant.parse("2026-12-03T00:00:00Z");
  private static final Map<String, Tier> TIERS =
      Map.of("price_pro", Tier.PRO, "price_pro_2024", Tier.PRO, "price_ent", Tier.ENTERPRISE);

  private static StripeSubscription one(String status, String price) {
    return new StripeSubscription(
        "sub_1", status, List.of("price_use", price), ANCHOR, ANCHOR, UNPAID);
  }

  private static Optional<Entitlement> standing(StripeSubscription... all) {
    return Entitlement.of(List.of(all), TIERS);
  }

  @ParameterizedTest
  @CsvSource({
    "active, price_pro, PRO, active",
    "active, price_pro_2024, PRO, active",
    "active, price_ent, ENTERPRISE, active",
    "trialing, price_ent, ENTERPRISE, active",
    "past_due, price_pro, PRO, past_due",
    "unpaid, price_ent, ENTERPRISE, past_due",
    "paused, price_pro, FREE, active",
    "incomplete, price_pro, FREE, active",
    "incomplete_expired, price_pro, FREE, active",
    "canceled, price_pro, FREE, active",
    "canceled, price_other, FREE, active",
  })
  void followsTheTable(String subscription, String price, Tier tier, Tenant.Status status) {
    Instant anchor = tier == Tier.FREE ? null : ANCHOR;
    Instant since = status == Tenant.Status.past_due ? UNPAID : null;
    assertThat(standing(one(subscription, price)))
        .hasValue(new Entitlement(tier, status, subscription, anchor, since));
  }

  @Test
  void isFreeWithoutASubscription() {
    assertThat(standing())
        .hasValue(new Entitlement(Tier.FREE, Tenant.Status.active, null, null, null));
  }

  /** A price id that we do not know must not take a paying tenant's tier away. */
  @ParameterizedTest
  @ValueSource(strings = {"active", "trialing", "past_due", "unpaid"})
  void saysNothingOfAPriceThatIsNotOurs(String status) {
    assertThat(standing(one(status, "price_other"))).isEmpty();
  }

  @Test
  void ignoresAStatusThatStripeMayInvent() {
    assertThat(standing(one("hibernating", "price_pro")))
        .hasValueSatisfying(entitlement -> assertThat(entitlement.tier()).isEqualTo(Tier.FREE));
  }

  /** A tenant that ended one subscription and bought another is judged by the living one. */
  @Property
  void dependsOnTheSubscriptionsAndNotOnTheirOrder(
      @ForAll("subscriptions") List<StripeSubscription> all, @ForAll long seed) {
    List<StripeSubscription> shuffled = new ArrayList<>(all);
    Collections.shuffle(shuffled, new Random(seed));
    Entitlement entitlement = Entitlement.of(all, TIERS).orElseThrow();
    assertThat(Entitlement.of(shuffled, TIERS)).hasValue(entitlement);
    if (all.stream().anyMatch(one -> one.status().equals("active"))) {
      assertThat(entitlement.subscriptionStatus()).isEqualTo("active");
      assertThat(entitlement.tier()).isNotEqualTo(Tier.FREE);
    }
  }

  @Provide
  Arbitrary<List<StripeSubscription>> subscriptions() {
    return Combinators.combine(
            Arbitraries.of("active", "trialing", "past_due", "unpaid", "paused", "canceled"),
            Arbitraries.of("price_pro", "price_ent"),
            Arbitraries.integers().between(0, 1_000))
        .as(
            (status, price, age) ->
                new StripeSubscription(
                    "sub_" + age, status, List.of(price), ANCHOR.minusSeconds(age), ANCHOR, UNPAID))
        .list()
        .uniqueElements(StripeSubscription::id)
        .ofMaxSize(5);
  }
}
