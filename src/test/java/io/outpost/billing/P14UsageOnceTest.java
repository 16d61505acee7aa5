package io.outpost.billing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outpost.kernel.Ids;
import io.outpost.local.stripe.Faults.Fault;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A thousand jobs of thirty tenants are billed once each, although calls to Stripe and writes to
 * the ledger keep failing.
 */
@Tag("product")
class P14UsageOnceTest {
  private static final int TENANTS = 30;
  private static final int JOBS = 1_000;

  private static BillingApi api;

  @BeforeAll
  static void start() {
    api = BillingApi.start(Map.of("outpost.test.ledger-faults", true));
  }

  @AfterAll
  static void stop() {
    api.close();
  }

  @Test
  void billsEachJobOnce() throws Exception {
    var ledger = new Ledger(api);
    var clients = new ArrayList<BillingApi.Client>();
    for (int i = 0; i < TENANTS; i++) {
      clients.add(api.tenant("tenant-" + i, "enterprise"));
    }
    Map<String, Integer> jobs = new HashMap<>();
    var random = new Random(14);
    for (int i = 0; i < JOBS; i++) {
      var tenant = clients.get(random.nextInt(TENANTS)).tenantId();
      ledger.add(tenant, Ids.ulid(), Instant.now());
      jobs.merge(tenant, 1, Integer::sum);
    }
    List<String> customers = clients.stream().map(api::customer).toList();
    api.stripe()
        .stub()
        .faults()
        .sometimes(
            0.15, 14, Fault.RATE_LIMITED, Fault.LOCK_TIMEOUT, Fault.SERVER_ERROR, Fault.DROPPED);
    var faults = api.outpost().context().getBean(LedgerFaults.class);
    faults.failEvery(17);
    // Stripe and the ledger fail for some rounds, then recover.
    var rounds = new AtomicInteger();
    await()
        .pollInterval(Duration.ofMillis(50))
        .until(
            () -> {
              if (rounds.incrementAndGet() == 6) {
                faults.failEvery(0);
                api.stripe().stub().faults().none();
              }
              api.run("report-usage");
              return unreported(ledger, clients) == 0;
            });
    assertThat(faults.failed()).isPositive();
    assertThat(api.stripe().stub().account().counted()).hasSize(JOBS).values().containsOnly(1);
    for (int i = 0; i < TENANTS; i++) {
      var tenant = clients.get(i).tenantId();
      assertThat(ledger.all(tenant)).hasSize(jobs.get(tenant));
      assertThat(api.stripe().counted(customers.get(i))).isEqualTo(jobs.get(tenant).longValue());
    }
  }

  private static long unreported(Ledger ledger, List<BillingApi.Client> clients) {
    return clients.stream()
        .flatMap(client -> ledger.all(client.tenantId()).stream())
        .filter(entry -> !entry.containsKey("reported_at"))
        .count();
  }

  /** A finished job appears in the answer about usage, which the ledger gives. */
  @Test
  void tellsTheTenantWhatItUsed() throws Exception {
    var client = api.client("reader", "free");
    var usage = api.read(api.get("/billing/usage", client.key()));
    assertThat(usage.get("tier").asText()).isEqualTo("free");
    assertThat(usage.get("used").asInt()).isZero();
    assertThat(usage.get("limit").asInt()).isEqualTo(10);
    var start = usage.get("period_start").asText();
    var end = Instant.parse(usage.get("period_end").asText());
    assertThat(end).isAfter(Instant.now());
    new Ledger(api).count(client.tenantId(), start, 7);
    var now = Instant.now().toString();
    var elsewhere =
        OffsetDateTime.parse(now).withOffsetSameInstant(ZoneOffset.ofHours(-5)).toString();
    for (var period : List.of(start, now, elsewhere, now.substring(0, 10), now.substring(0, 7))) {
      var again = api.read(api.get("/billing/usage?period=" + period, client.key()));
      assertThat(again.get("used").asInt()).as(period).isEqualTo(7);
    }
    assertThat(api.read(api.get("/billing/usage", client.key())).get("used").asInt()).isEqualTo(7);
    assertThat(api.get("/billing/usage?period=2020-13-01", client.key()).statusCode())
        .isEqualTo(400);
    assertThat(api.get("/billing/usage?period=2999-01-01", client.key()).statusCode())
        .isEqualTo(400);
    var early = api.get("/billing/usage?period=1970-01-01T00:00:00-00:01", client.key());
    assertThat(early.statusCode()).isEqualTo(200);
    early = api.get("/billing/usage?period=1970-01-01T00:00:00%2B00:01", client.key());
    assertThat(early.statusCode()).isEqualTo(400);
    var before = api.read(api.get("/billing/usage?period=2025-01-15", client.key()));
    assertThat(before.get("used").asInt()).isZero();
  }
}
