package io.outpost.billing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outpost.kernel.Ids;
import io.outpost.local.stripe.LocalStripe;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Not one job above the quota is accepted, and reaching it is announced once. */
@Tag("product")
class P15QuotaTest {
  private static final Map<String, String> JOB = Map.of("agent", "claude", "command", "Say hello");

  private static BillingApi api;

  @BeforeAll
  static void start() {
    api = BillingApi.start(Map.of("outpost.agents.demo", "always"));
  }

  @AfterAll
  static void stop() {
    api.close();
  }

  private static void use(BillingApi.Client client, int jobs) throws Exception {
    var start = api.read(api.get("/billing/usage", client.key())).get("period_start").asText();
    new Ledger(api).count(client.tenantId(), start, jobs);
  }

  private static int used(BillingApi.Client client) throws Exception {
    return api.read(api.get("/billing/usage", client.key())).get("used").asInt();
  }

  @Test
  void acceptsExactlyTheLastOfTwoHundred() throws Exception {
    var client = api.client("racer", "free");
    use(client, 9);
    List<Callable<Integer>> submissions =
        IntStream.range(0, 200)
            .mapToObj(i -> (Callable<Integer>) () -> submit(client, "wish-" + i))
            .toList();
    List<Integer> answers = new ArrayList<>();
    try (var threads = Executors.newFixedThreadPool(16)) {
      for (var answer : threads.invokeAll(submissions)) {
        answers.add(answer.get());
      }
    }
    assertThat(answers).containsOnly(202, 402);
    assertThat(Collections.frequency(answers, 202)).isEqualTo(1);
    assertThat(used(client)).isEqualTo(10);
  }

  /** Submits a job, again after each 503; returns the status. */
  private static int submit(BillingApi.Client client, String wish) throws Exception {
    int status;
    do {
      status = api.post("/jobs", client.key(), JOB, "Idempotency-Key", wish).statusCode();
    } while (status == 503);
    return status;
  }

  /**
   * After an upgrade a new quota holds within seconds of the payment, counted from the new period's
   * start.
   */
  @Test
  void countsAnewFromTheSubscription() throws Exception {
    var client = api.client("upgrader", "free");
    use(client, 10);
    assertThat(api.post("/jobs", client.key(), JOB).statusCode()).isEqualTo(402);
    // Periods start at whole seconds, so the subscription must start in another second than
    // the tenant.
    var second = Instant.now().getEpochSecond();
    await().until(() -> Instant.now().getEpochSecond() > second);
    api.stripe().stub().account().subscribe(api.customer(client), LocalStripe.PRICE_PRO);
    await().until(() -> api.post("/jobs", client.key(), JOB).statusCode() == 202);
    var usage = api.read(api.get("/billing/usage", client.key()));
    assertThat(usage.get("limit").asInt()).isEqualTo(100);
    assertThat(usage.get("used").asInt()).isEqualTo(1);
  }

  @Test
  void announcesEachThresholdOnce() throws Exception {
    var client = api.client("nearly", "free");
    api.customer(client);
    var given = api.backstage().counted("outpost.billing.quota.notices");
    use(client, 7);
    report(client);
    assertThat(notices(client)).isEmpty();
    use(client, 8);
    report(client);
    report(client);
    assertThat(notices(client)).singleElement().asString().contains("\"percent\":80");
    use(client, 10);
    report(client);
    use(client, 9);
    report(client);
    use(client, 10);
    report(client);
    assertThat(notices(client)).hasSize(2).last().asString().contains("\"percent\":100");
    assertThat(api.backstage().counted("outpost.billing.quota.notices")).isEqualTo(given + 2);
    for (var action : List.of("billing.quota-80", "billing.quota-100")) {
      assertThat(api.backstage().audited(client, action)).isEqualTo(1);
    }
  }

  /** Runs the reports, which also send the notices about thresholds. */
  private static void report(BillingApi.Client client) {
    new Ledger(api).add(client.tenantId(), Ids.ulid(), Instant.now());
    api.run("report-usage");
  }

  private static List<String> notices(BillingApi.Client client) {
    return api.notices().stream().filter(message -> message.contains(client.tenantId())).toList();
  }
}
