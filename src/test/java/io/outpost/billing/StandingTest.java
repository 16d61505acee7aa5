package io.outpost.billing;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.platform.Tenant;
import io.outpost.platform.Tier;
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

/** The table in docs/billing.md, row by row. */
class StandingTest {
  private static final Instant ANCHOR = Instant.parse("2026-11-03T00:00:00Z");
  private static final Instant UNPAID = Instant.parse("2026-12-03T00:00:00Z");
  private static final Map<String, Tier> TIERS =
      Map.of("price_pro", Tier.PRO, "price_pro_2024", Tier.PRO, "price_ent", Tier.ENTERPRISE);

  private static Subscribed one(String status, String price) {
    return new Subscribed("sub_1", status, List.of("price_use", price), ANCHOR, ANCHOR, UNPAID);
  }

  private static Optional<Standing> standing(Subscribed... all) {
    return Standing.of(List.of(all), TIERS);
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
        .hasValue(new Standing(tier, status, subscription, anchor, since));
  }

  @Test
  void isFreeWithoutASubscription() {
    assertThat(standing())
        .hasValue(new Standing(Tier.FREE, Tenant.Status.active, null, null, null));
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
        .hasValueSatisfying(standing -> assertThat(standing.tier()).isEqualTo(Tier.FREE));
  }

  /** A tenant that ended one subscription and bought another is judged by the living one. */
  @Property
  void dependsOnTheSubscriptionsAndNotOnTheirOrder(
      @ForAll("subscriptions") List<Subscribed> all, @ForAll long seed) {
    List<Subscribed> shuffled = new ArrayList<>(all);
    Collections.shuffle(shuffled, new Random(seed));
    assertThat(Standing.of(shuffled, TIERS)).isEqualTo(Standing.of(all, TIERS));
  }

  @Property
  void givesTheBestTierThatIsPaidFor(@ForAll("subscriptions") List<Subscribed> all) {
    best(all, Set.of("active", "trialing"))
        .ifPresentOrElse(
            tier ->
                assertThat(Standing.of(all, TIERS))
                    .hasValueSatisfying(
                        standing -> {
                          assertThat(standing.tier()).isEqualTo(tier);
                          assertThat(standing.status()).isEqualTo(Tenant.Status.active);
                        }),
            () ->
                Standing.of(all, TIERS)
                    .ifPresent(
                        standing ->
                            assertThat(standing.tier())
                                .isEqualTo(
                                    best(all, Set.of("past_due", "unpaid")).orElse(Tier.FREE))));
  }

  private static Optional<Tier> best(List<Subscribed> all, Set<String> statuses) {
    return all.stream()
        .filter(one -> statuses.contains(one.status()))
        .flatMap(one -> one.prices().stream())
        .filter(TIERS::containsKey)
        .map(TIERS::get)
        .max(Comparator.naturalOrder());
  }

  /**
   * Whatever else a customer buys, its tier stays; a price that we learn of never takes one away.
   */
  @Property
  void isNotHiddenByWhatWeDoNotKnow(
      @ForAll("subscriptions") List<Subscribed> all,
      @ForAll("subscriptions") List<Subscribed> others) {
    List<Subscribed> with = new ArrayList<>(all);
    others.forEach(
        other ->
            with.add(
                new Subscribed(
                    other.id() + "x",
                    other.status(),
                    List.of("price_addon"),
                    other.created(),
                    other.anchor(),
                    other.unpaidSince())));
    if (best(all, Set.of("active", "trialing", "past_due", "unpaid")).isPresent()) {
      assertThat(Standing.of(with, TIERS)).isEqualTo(Standing.of(all, TIERS));
    }
    Map<String, Tier> more = new HashMap<>(TIERS);
    more.put("price_addon", Tier.PRO);
    Standing.of(with, TIERS)
        .filter(standing -> standing.status() == Tenant.Status.active)
        .ifPresent(
            standing ->
                assertThat(Standing.of(with, more).orElseThrow().tier())
                    .isGreaterThanOrEqualTo(standing.tier()));
  }

  @Property
  void countsPastDueFromTheOldestDebt(@ForAll("subscriptions") List<Subscribed> all) {
    Standing.of(all, TIERS)
        .filter(standing -> standing.status() == Tenant.Status.past_due)
        .ifPresent(
            standing ->
                assertThat(standing.pastDueSince())
                    .isEqualTo(
                        all.stream()
                            .filter(one -> Set.of("past_due", "unpaid").contains(one.status()))
                            .filter(one -> one.prices().stream().anyMatch(TIERS::containsKey))
                            .map(Subscribed::unpaidSince)
                            .min(Comparator.naturalOrder())
                            .orElseThrow()));
  }

  @Provide
  Arbitrary<List<Subscribed>> subscriptions() {
    return Combinators.combine(
            Arbitraries.of("active", "trialing", "past_due", "unpaid", "paused", "canceled"),
            Arbitraries.of("price_pro", "price_ent", "price_pro_2024", "price_use")
                .list()
                .ofMinSize(1)
                .ofMaxSize(3),
            Arbitraries.integers().between(0, 1_000))
        .as(
            (status, prices, age) ->
                new Subscribed(
                    "sub_" + age,
                    status,
                    prices,
                    ANCHOR.minusSeconds(age),
                    ANCHOR,
                    UNPAID.minusSeconds(age * 7L % 1_000)))
        .list()
        .uniqueElements(Subscribed::id)
        .ofMaxSize(5);
  }
}
