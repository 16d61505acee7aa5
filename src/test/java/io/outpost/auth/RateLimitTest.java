package io.outpost.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.outpost.aws.Names;
import io.outpost.blackbox.Client.Answer;
import io.outpost.blackbox.Customer;
import io.outpost.http.Call;
import io.outpost.kernel.Ids;
import io.outpost.kernel.Problem;
import io.outpost.local.AtOnce;
import io.outpost.local.SharedOutpost;
import io.outpost.local.TwoApis;
import io.outpost.tenant.BillingTerms;
import io.outpost.tenant.Principal;
import io.outpost.tenant.Tenant;
import io.outpost.tenant.Tier;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/**
 * A key's requests per minute are limited over all containers together, and nearly all are usable.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class RateLimitTest {

  /**
   * One hour ahead, because the table deletes items after their time to live, even during a test.
   */
  private static final long MINUTE = Instant.now().getEpochSecond() / 60 + 60;

  private final TwoApis apis;

  RateLimitTest(TwoApis apis) {
    this.apis = apis;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 100, 1000})
  void twoContainersTogetherGiveExactlyTheLimit(int limit) {
    var caller = caller(limit);
    var containers = List.of(container(), container());
    var granted =
        AtOnce.times(40, i -> taken(containers.get(i % 2), caller, MINUTE, limit / 20 + 1)).stream()
            .mapToInt(n -> n)
            .sum();
    assertThat(granted).isEqualTo(limit);
  }

  /** A tenant cannot make more requests by creating more keys. */
  @Test
  void allKeysOfATenantTogetherMayMakeFiveTimesWhatOneMay() {
    var container = container();
    var other = container();
    var tenant = Ids.uuid();
    var granted = 0;
    for (int i = 0; i < 10; i++) {
      var key = caller(tenant, Ids.ulid(), 1000);
      for (int j = 0; j < 1000; j++) {
        granted += (j % 2 == 0 ? container : other).takeOfTenant(key, MINUTE) >= 0 ? 1 : 0;
      }
    }
    assertThat(granted).isEqualTo(5000);
    assertThat(container.takeOfTenant(caller(1000), MINUTE)).isNotNegative();
  }

  /** The key keeps its calls and can make them as soon as the tenant has calls left, too. */
  @Test
  void aCallThatTheTenantsLimitRefusesCostsTheKeyNothing() {
    var container = container(Clock.fixed(Instant.ofEpochSecond(MINUTE * 60), ZoneOffset.UTC));
    var tenant = Ids.uuid();
    var caller = caller(tenant, Ids.ulid(), 3);
    var call = mock(Call.class);
    when(call.principal()).thenReturn(caller);
    while (container.takeOfTenant(caller, MINUTE) > 0) {
      // Other keys of the tenant use up its calls.
    }
    for (int i = 0; i < 4; i++) {
      assertThatThrownBy(() -> container.take(call))
          .isInstanceOf(Problem.class)
          .hasMessageContaining("All keys of this tenant");
    }
    assertThat(taken(container, caller, MINUTE, 10)).isEqualTo(3);
  }

  /** Permits that idle containers hold are lost to the others: at most a tenth of the limit. */
  @Test
  void idleContainersWasteLittle() {
    var caller = caller(1000);
    for (int i = 0; i < 5; i++) {
      assertThat(container().take(caller, MINUTE)).isNotNegative();
    }
    assertThat(5 + taken(container(), caller, MINUTE, 2000)).isBetween(900, 1000);
  }

  @Test
  void theNextMinuteIsNew() {
    var caller = caller(5);
    var container = container();
    assertThat(taken(container, caller, MINUTE, 10)).isEqualTo(5);
    assertThat(taken(container, caller, MINUTE + 1, 10)).isEqualTo(5);
  }

  /** A request that read the clock before the minute changed must not reset the new minute. */
  @Test
  void aLateRequestTakesFromTheNewMinute() {
    var caller = caller(10);
    var container = container();
    assertThat(container.take(caller, MINUTE + 1)).isEqualTo(9);
    assertThat(container.take(caller, MINUTE)).isEqualTo(8);
    assertThat(taken(container, caller, MINUTE + 1, 20)).isEqualTo(8);
  }

  /** While the table hangs, all callers share one wait and do not wait one after the other. */
  @Test
  @Timeout(180)
  void whoeverWaitsForTheSameDrawSharesItsFailure() {
    var entered = new CountDownLatch(1);
    var release = new CountDownLatch(1);
    var draws = new AtomicInteger();
    try (var hang =
        apis.probe()
            .beforeEach(
                call -> {
                  if (call.operation().equals("UpdateItem") && call.mentions("hanging")) {
                    draws.incrementAndGet();
                    entered.countDown();
                    awaitQuietly(release);
                    throw SdkClientException.create("No answer, for this test");
                  }
                })) {
      var container = container();
      var caller = caller("hanging-" + Ids.ulid(), 1000);
      var releaser =
          Thread.ofVirtual()
              .start(
                  () -> {
                    awaitQuietly(entered);
                    release.countDown();
                  });
      var outcomes =
          AtOnce.times(
              100,
              i -> {
                try {
                  return container.take(caller, MINUTE);
                } catch (SdkClientException e) {
                  return -2L;
                }
              });
      assertThat(outcomes).containsOnly(-2L);
      assertThat(draws.get()).isLessThan(100);
      assertThat(releaser.isAlive()).isFalse();
    }
  }

  @Test
  void anAnswerSaysWhatIsLeftAndARefusalWhenToComeBack() {
    var customer = Customer.of(apis.admin(), "pro");
    var key =
        Customer.newKey(apis.admin(), customer.tenantId(), "\"rate_limit_per_minute\":3")
            .text("key");
    List<Answer> answers;
    long minute;
    do {
      minute = Instant.now().getEpochSecond() / 60;
      answers =
          List.of(
              apis.admin().with(key).get("/jobs"),
              apis.admin().with(key).get("/jobs/01ARZ3NDEKTSV4RRFFQ69G5FAV"),
              apis.admin().with(key).at(apis.second()).get("/auth/verify"),
              apis.admin().with(key).get("/jobs"));
    } while (minute != Instant.now().getEpochSecond() / 60);
    assertThat(answers).extracting(Answer::status).containsExactly(200, 404, 200, 429);
    for (int i = 0; i < 4; i++) {
      assertThat(answers.get(i).header("RateLimit-Policy")).isEqualTo("\"default\";q=3;w=60");
      assertThat(answers.get(i).header("RateLimit"))
          .matches("\"default\";r=" + Math.max(0, 2 - i) + ";t=[1-9][0-9]?");
    }
    var refused = answers.getLast();
    assertThat(refused.problem()).isEqualTo("rate-limited");
    assertThat(Integer.parseInt(refused.header("Retry-After"))).isBetween(1, 60);
  }

  @Test
  void onlyAnOperatorSetsAKeysOwnLimit() {
    var customer = Customer.of(apis.admin(), "pro");
    var wish = "{\"name\":\"fast\",\"rate_limit_per_minute\":100000}";
    assertThat(customer.client().post(customer.path("/api-keys"), wish).status()).isEqualTo(403);
  }

  @Test
  void aTierMayHaveALimitOfItsOwn() {
    var settings = settings(Map.of("pro", 5000));
    assertThat(settings.rateLimit(Tier.PRO)).isEqualTo(5000);
    assertThat(settings.rateLimit(Tier.FREE)).isEqualTo(1000);
  }

  @Test
  void aLimitIsRefusedAsAProblemWithoutAskingAgain() {
    var caller = caller(1);
    var container = container();
    assertThat(container.take(caller, MINUTE)).isZero();
    assertThat(container.take(caller, MINUTE)).isEqualTo(-1);
    var calls = apis.probe().record(call -> call.mentions(caller.keyId()));
    assertThat(container.take(caller, MINUTE)).isEqualTo(-1);
    assertThat(calls).isEmpty();
  }

  private RateLimits container() {
    return container(Clock.systemUTC());
  }

  private RateLimits container(Clock clock) {
    return new RateLimits(
        apis.bean(DynamoDbClient.class), apis.bean(Names.class), settings(Map.of()), clock);
  }

  private static AuthSettings settings(Map<String, Integer> tiers) {
    var second = Duration.ofSeconds(1);
    return new AuthSettings("", second, second, 1000, 1000, tiers, 100, 5, Map.of(), null, second);
  }

  private static Principal caller(int limit) {
    return caller(Ids.ulid(), limit);
  }

  private static Principal caller(String keyId, int limit) {
    return caller(Ids.uuid(), keyId, limit);
  }

  private static Principal caller(String tenantId, String keyId, int limit) {
    return new Principal(
        tenantId,
        keyId,
        keyId,
        "live",
        Set.of(),
        limit,
        new BillingTerms(Tier.PRO, Instant.EPOCH, null),
        null,
        Tenant.Status.active,
        null);
  }

  private static int taken(RateLimits container, Principal caller, long minute, int tries) {
    var taken = 0;
    for (int i = 0; i < tries; i++) {
      if (container.take(caller, minute) >= 0) {
        taken++;
      }
    }
    return taken;
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
