package io.outpost.billing;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A tenant of any tier can set its own monthly limit, and not one job more is accepted. */
@Tag("product")
class P15MonthlyJobLimitTest {
  // No worker slots, so that jobs stay pending and can be cancelled.
  private static final Map<String, Object> SETTINGS =
      Map.of("outpost.agents.demo", "always", "outpost.worker.slots", 0);
  private static final Map<String, String> JOB = Map.of("agent", "claude", "command", "Say hello");

  private static BillingApi api;

  @BeforeAll
  static void start() {
    api = BillingApi.start(SETTINGS);
  }

  @AfterAll
  static void stop() {
    api.close();
  }

  private static HttpResponse<String> limit(BillingApi.Client client, Object limit)
      throws Exception {
    Map<String, Object> change = new HashMap<>();
    change.put("monthly_job_limit", limit);
    return api.patch("/tenants/" + client.tenantId(), client.key(), change);
  }

  private static List<Integer> race(BillingApi.Client client, int jobs) throws Exception {
    List<Callable<Integer>> submissions =
        IntStream.range(0, jobs)
            .mapToObj(i -> (Callable<Integer>) () -> submit(client, "wish-" + i))
            .toList();
    List<Integer> answers = new ArrayList<>();
    try (var threads = Executors.newFixedThreadPool(16)) {
      for (var answer : threads.invokeAll(submissions)) {
        answers.add(answer.get());
      }
    }
    return answers;
  }

  /** Submits a job, again after each 503; returns the status. */
  private static int submit(BillingApi.Client client, String wish) throws Exception {
    int status;
    do {
      status = api.post("/jobs", client.key(), JOB, "Idempotency-Key", wish).statusCode();
    } while (status == 503);
    return status;
  }

  private static long used(BillingApi.Client client) throws Exception {
    return api.read(api.get("/billing/usage", client.key())).get("used").asLong();
  }

  /** Jobs from before the limit was set count against it. */
  @ParameterizedTest
  @ValueSource(strings = {"free", "pro", "enterprise"})
  void isKeptUnderRacesInEveryTier(String tier) throws Exception {
    var client = api.client("racer-" + tier, tier);
    for (int i = 0; i < 3; i++) {
      assertThat(submit(client, "before-" + i)).isEqualTo(202);
    }
    var set = limit(client, 7);
    assertThat(set.statusCode()).as(set.body()).isEqualTo(200);
    assertThat(api.read(set).get("monthly_job_limit").asLong()).isEqualTo(7);
    var answers = race(client, 40);
    assertThat(answers).containsOnly(202, 402);
    assertThat(Collections.frequency(answers, 202)).isEqualTo(4);
    var usage = api.read(api.get("/billing/usage", client.key()));
    assertThat(usage.get("used").asLong()).isEqualTo(7);
    assertThat(usage.get("limit").asLong()).isEqualTo(7);
  }

  @Test
  void theRefusalNamesWhichLimit() throws Exception {
    var client = api.client("named", "free");
    limit(client, 1);
    assertThat(submit(client, "one")).isEqualTo(202);
    var own = api.post("/jobs", client.key(), JOB);
    assertThat(own.statusCode()).isEqualTo(402);
    assertThat(api.read(own).get("detail").asText())
        .contains("monthly_job_limit")
        .contains("1 job");
    // A limit above the tier's quota has no effect.
    limit(client, 50);
    for (int i = 0; i < 9; i++) {
      assertThat(submit(client, "more-" + i)).isEqualTo(202);
    }
    var tiers = api.post("/jobs", client.key(), JOB);
    assertThat(tiers.statusCode()).isEqualTo(402);
    assertThat(api.read(tiers).get("detail").asText())
        .contains("tier free")
        .contains("10 jobs")
        .doesNotContain("monthly_job_limit");
    assertThat(api.read(api.get("/billing/usage", client.key())).get("limit").asInt())
        .isEqualTo(10);
  }

  @Test
  void zeroStopsAllAndNullEndsTheLimit() throws Exception {
    var client = api.client("stopper", "enterprise");
    assertThat(limit(client, 0).statusCode()).isEqualTo(200);
    assertThat(api.post("/jobs", client.key(), JOB).statusCode()).isEqualTo(402);
    assertThat(api.read(limit(client, null)).get("monthly_job_limit").isNull()).isTrue();
    assertThat(api.post("/jobs", client.key(), JOB).statusCode()).isEqualTo(202);
    var usage = api.read(api.get("/billing/usage", client.key()));
    assertThat(usage.get("used").asInt()).isEqualTo(1);
    assertThat(usage.get("limit").isNull()).isTrue();
    // Jobs that were accepted while the limit was off count, too.
    limit(client, 2);
    assertThat(submit(client, "second")).isEqualTo(202);
    assertThat(submit(client, "third")).isEqualTo(402);
    limit(client, null);
    assertThat(submit(client, "fourth")).isEqualTo(202);
    limit(client, 3);
    assertThat(submit(client, "fifth")).isEqualTo(402);
  }

  @Test
  void aChangeOfSomethingElseLeavesIt() throws Exception {
    var client = api.client("renamed", "free");
    limit(client, 5);
    api.patch("/tenants/" + client.tenantId(), client.key(), Map.of("name", "Another"));
    assertThat(api.tenant(client).get("monthly_job_limit").asInt()).isEqualTo(5);
    api.patch("/tenants/" + client.tenantId(), api.outpost().adminKey(), Map.of("tier", "pro"));
    assertThat(api.tenant(client).get("monthly_job_limit").asInt()).isEqualTo(5);
  }

  @Test
  void refusesWhatIsNoNumberOfJobs() throws Exception {
    var client = api.client("odd", "free");
    for (Object odd : List.of(-1, 1.5, "7", true, 1_000_000_001L)) {
      assertThat(limit(client, odd).statusCode()).as("%s", odd).isEqualTo(400);
    }
  }

  /** A cancelled job's unit returns to the counter that decides about the next job. */
  @Test
  void cancelledJobsGiveTheirUnitBack() throws Exception {
    var client = api.client("canceller", "enterprise");
    var before = api.read(api.post("/jobs", client.key(), JOB)).get("job_id").asText();
    limit(client, 2);
    var after = api.read(api.post("/jobs", client.key(), JOB)).get("job_id").asText();
    assertThat(submit(client, "third")).isEqualTo(402);
    for (var job : List.of(before, after)) {
      assertThat(api.delete("/jobs/" + job, client.key()).statusCode()).isEqualTo(200);
    }
    assertThat(used(client)).isZero();
    var answers = race(client, 10);
    assertThat(Collections.frequency(answers, 202)).isEqualTo(2);
  }

  /** After a downgrade the quota counts the whole period's jobs. */
  @Test
  void aLowerTierCountsTheWholePeriod() throws Exception {
    var client = api.client("downgraded", "enterprise");
    for (int i = 0; i < 8; i++) {
      assertThat(submit(client, "high-" + i)).isEqualTo(202);
    }
    api.patch("/tenants/" + client.tenantId(), api.outpost().adminKey(), Map.of("tier", "free"));
    assertThat(Collections.frequency(race(client, 20), 202)).isEqualTo(2);
    assertThat(used(client)).isEqualTo(10);
  }
}
