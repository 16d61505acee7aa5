package io.outpost.billing;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
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

/** The table in docs/billing.md, row by row. */
class StandingTest {
  private static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");
  private static final Instant ANCHOR = Instant.parse("2026-11-03T00:00:00Z");
  private static final Duration GRACE = Duration.ofDays(7);
  private static final Map<String, String> TIERS =
      Map.of("price_pro", "pro", "price_pro_2024", "pro", "price_ent", "enterprise");

  private static Subscribed one(String status, String price, Duration unpaidFor) {
    Instant unpaid = unpaidFor == null ? null : NOW.minus(unpaidFor);
    return new Subscribed("sub_1", status, List.of(price), ANCHOR, ANCHOR, unpaid);
  }

  private static Optional<Standing> standing(Subscribed... all) {
    return Standing.of(List.of(all), TIERS, GRACE, NOW);
  }

  @ParameterizedTest
  @CsvSource({
    "active, price_pro, , pro, active, true",
    "active, price_pro_2024, , pro, active, true",
    "active, price_ent, , enterprise, active, true",
    "trialing, price_ent, , enterprise, active, true",
    "past_due, price_pro, PT0S, pro, past_due, true",
    "past_due, price_pro, P6DT23H59M59S, pro, past_due, true",
    "past_due, price_pro, P7D, free, past_due, false",
    "past_due, price_other, P8D, free, past_due, false",
    "unpaid, price_pro, PT1S, free, past_due, false",
    "paused, price_pro, , free, active, false",
    "incomplete, price_pro, PT1S, free, active, false",
    "incomplete_expired, price_pro, , free, active, false",
    "canceled, price_pro, , free, active, false",
  })
  void followsTheTable(
      String subscription,
      String price,
      Duration unpaidFor,
      String tier,
      String status,
      boolean anchored) {
    assertThat(standing(one(subscription, price, unpaidFor)))
        .hasValue(new Standing(tier, status, "sub_1", subscription, anchored ? ANCHOR : null));
  }

  @Test
  void isFreeWithoutASubscription() {
    assertThat(standing()).hasValue(new Standing("free", "active", null, null, null));
  }

  /** A price id that we do not know must not take a paying tenant's tier away. */
  @ParameterizedTest
  @CsvSource({"active,", "trialing,", "past_due, PT1S"})
  void saysNothingOfAPriceThatIsNotOurs(String status, Duration unpaidFor) {
    assertThat(standing(one(status, "price_other", unpaidFor))).isEmpty();
  }

  @Test
  void ignoresAStatusThatStripeMayInvent() {
    assertThat(standing(one("hibernating", "price_pro", null)))
        .hasValueSatisfying(standing -> assertThat(standing.tier()).isEqualTo("free"));
  }

  /** A tenant that ended one subscription and bought another is judged by the living one. */
  @Property
  void dependsOnTheSubscriptionsAndNotOnTheirOrder(
      @ForAll("subscriptions") List<Subscribed> all, @ForAll long seed) {
    List<Subscribed> shuffled = new ArrayList<>(all);
    Collections.shuffle(shuffled, new Random(seed));
    Optional<Standing> standing = Standing.of(all, TIERS, GRACE, NOW);
    assertThat(Standing.of(shuffled, TIERS, GRACE, NOW)).isEqualTo(standing);
    boolean paid = all.stream().anyMatch(one -> one.status().equals("active"));
    assertThat(standing)
        .hasValueSatisfying(
            found -> {
              if (paid) {
                assertThat(found.subscriptionStatus()).isEqualTo("active");
                assertThat(found.tier()).isNotEqualTo("free");
              }
            });
  }

  @Provide
  Arbitrary<List<Subscribed>> subscriptions() {
    return Combinators.combine(
            Arbitraries.of("active", "trialing", "past_due", "unpaid", "paused", "canceled"),
            Arbitraries.of("price_pro", "price_ent"),
            Arbitraries.integers().between(0, 1_000))
        .as(
            (status, price, age) ->
                new Subscribed(
                    "sub_" + age,
                    status,
                    List.of(price),
                    ANCHOR.minusSeconds(age),
                    ANCHOR,
                    status.equals("past_due") ? NOW.minusSeconds(age) : null))
        .list()
        .uniqueElements(Subscribed::id)
        .ofMaxSize(5);
  }
}
