package io.outpost.billing;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.tenant.Tenant;
import io.outpost.tenant.Tier;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
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

/** Tests the table of tiers and statuses in docs/billing.md, row by row. */
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

  /** An unknown price id leaves a paying tenant its tier. */
  @ParameterizedTest
  @ValueSource(strings = {"active", "trialing", "past_due", "unpaid"})
  void saysNothingOfAPriceThatIsNotOurs(String status) {
    assertThat(standing(one(status, "price_other"))).isEmpty();
  }

  @Test
  void ignoresAStatusThatStripeMayInvent() {
    assertThat(standing(one("hibernating", "price_pro")))
        .hasValueSatisfying(standing -> assertThat(standing.tier()).isEqualTo(Tier.FREE));
  }

  /** Ended subscriptions do not count beside a current one. */
  @Property
  void dependsOnTheSubscriptionsAndNotOnTheirOrder(
      @ForAll("subscriptions") List<StripeSubscription> all, @ForAll long seed) {
    List<StripeSubscription> shuffled = new ArrayList<>(all);
    Collections.shuffle(shuffled, new Random(seed));
    assertThat(Entitlement.of(shuffled, TIERS)).isEqualTo(Entitlement.of(all, TIERS));
  }

  @Property
  void givesTheBestTierThatIsPaidFor(@ForAll("subscriptions") List<StripeSubscription> all) {
    best(all, Set.of("active", "trialing"))
        .ifPresentOrElse(
            tier ->
                assertThat(Entitlement.of(all, TIERS))
                    .hasValueSatisfying(
                        standing -> {
                          assertThat(standing.tier()).isEqualTo(tier);
                          assertThat(standing.status()).isEqualTo(Tenant.Status.active);
                        }),
            () ->
                Entitlement.of(all, TIERS)
                    .ifPresent(
                        standing ->
                            assertThat(standing.tier())
                                .isEqualTo(
                                    best(all, Set.of("past_due", "unpaid")).orElse(Tier.FREE))));
  }

  private static Optional<Tier> best(List<StripeSubscription> all, Set<String> statuses) {
    return all.stream()
        .filter(one -> statuses.contains(one.status()))
        .flatMap(one -> one.prices().stream())
        .filter(TIERS::containsKey)
        .map(TIERS::get)
        .max(Comparator.naturalOrder());
  }

  /** Other purchases do not change a customer's tier, and adding a known price never lowers it. */
  @Property
  void isNotHiddenByWhatWeDoNotKnow(
      @ForAll("subscriptions") List<StripeSubscription> all,
      @ForAll("subscriptions") List<StripeSubscription> others) {
    List<StripeSubscription> with = new ArrayList<>(all);
    others.forEach(
        other ->
            with.add(
                new StripeSubscription(
                    other.id() + "x",
                    other.status(),
                    List.of("price_addon"),
                    other.created(),
                    other.anchor(),
                    other.unpaidSince())));
    if (best(all, Set.of("active", "trialing", "past_due", "unpaid")).isPresent()) {
      assertThat(Entitlement.of(with, TIERS)).isEqualTo(Entitlement.of(all, TIERS));
    }
    Map<String, Tier> more = new HashMap<>(TIERS);
    more.put("price_addon", Tier.PRO);
    Entitlement.of(with, TIERS)
        .filter(standing -> standing.status() == Tenant.Status.active)
        .ifPresent(
            standing ->
                assertThat(Entitlement.of(with, more).orElseThrow().tier())
                    .isGreaterThanOrEqualTo(standing.tier()));
  }

  @Property
  void countsPastDueFromTheOldestDebt(@ForAll("subscriptions") List<StripeSubscription> all) {
    Entitlement.of(all, TIERS)
        .filter(standing -> standing.status() == Tenant.Status.past_due)
        .ifPresent(
            standing ->
                assertThat(standing.pastDueSince())
                    .isEqualTo(
                        all.stream()
                            .filter(one -> Set.of("past_due", "unpaid").contains(one.status()))
                            .filter(one -> one.prices().stream().anyMatch(TIERS::containsKey))
                            .map(StripeSubscription::unpaidSince)
                            .min(Comparator.naturalOrder())
                            .orElseThrow()));
  }

  @Provide
  Arbitrary<List<StripeSubscription>> subscriptions() {
    return Combinators.combine(
            Arbitraries.of("active", "trialing", "past_due", "unpaid", "paused", "canceled"),
            Arbitraries.of("price_pro", "price_ent", "price_pro_2024", "price_use")
                .list()
                .ofMinSize(1)
                .ofMaxSize(3),
            Arbitraries.integers().between(0, 1_000))
        .as(
            (status, prices, age) ->
                new StripeSubscription(
                    "sub_" + age,
                    status,
                    prices,
                    ANCHOR.minusSeconds(age),
                    ANCHOR,
                    UNPAID.minusSeconds(age * 7L % 1_000)))
        .list()
        .uniqueElements(StripeSubscription::id)
        .ofMaxSize(5);
  }
}
