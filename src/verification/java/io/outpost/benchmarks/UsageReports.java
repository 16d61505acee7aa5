package io.outpost.benchmarks;

import io.outpost.blackbox.Client;
import io.outpost.kernel.Ids;
import io.outpost.kernel.Json;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.stripe.LocalStripe;
import io.outpost.store.Change;
import io.outpost.store.Transactions;
import io.outpost.usage.Ledger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.camel.ProducerTemplate;
import org.springframework.context.ApplicationContext;

/**
 * Measures how many ended jobs a second are reported to Stripe: a round over the ledgers of many
 * tenants, with a Stripe stub that answers after 250 ms, on embedded AWS.
 */
final class UsageReports {
  private static final int TENANTS = Integer.getInteger("tenants", 100);
  private static final int JOBS = Integer.getInteger("jobs", 4_000);
  private static final Duration CALL = Duration.ofMillis(Integer.getInteger("call", 250));
  private static final String METER_EVENTS = "/v1/billing/meter_events";

  private UsageReports() {}

  /** Prints a report in Markdown. */
  public static void main(String[] args) {
    try (var stripe = LocalStripe.start(Clock.systemUTC());
        var aws = EmbeddedAws.start(Optional.empty());
        var outpost = LocalOutpost.on(aws.endpoints(), "local", settings(stripe))) {
      var admin = Client.of(outpost.address()).with(outpost.adminKey());
      var tenants = new ArrayList<String>();
      for (int i = 0; i < TENANTS; i++) {
        tenants.add(tenant(admin, i));
      }
      await(() -> tenants.stream().allMatch(tenant -> hasCustomer(admin, tenant)));
      // The first round of a process is slower than all others.
      round(outpost.context(), tenants, TENANTS);
      stripe.stub().gate(call -> answerLater(call.path()));
      var took = round(outpost.context(), tenants, JOBS);
      var sent = stripe.stub().account().counted().size() - TENANTS;
      System.out.printf(
          "%d jobs of %d tenants in %.1f s, %d ms a call: %.0f jobs a second.%n",
          sent,
          TENANTS,
          took.toMillis() / 1000.0,
          CALL.toMillis(),
          sent * 1000.0 / took.toMillis());
    }
  }

  private static Map<String, Object> settings(LocalStripe stripe) {
    Map<String, Object> settings = new HashMap<>(stripe.settings());
    settings.put("server.port", 0);
    settings.put("outpost.worker.slots", 0);
    settings.put("outpost.auth.rate-limit-per-minute", 1_000_000);
    // The benchmark starts the rounds itself.
    settings.put("outpost.stripe.usage-report-interval", "PT24H");
    return settings;
  }

  private static String tenant(Client admin, int number) {
    var wish =
        "{\"name\":\"Bench%1$d\",\"email\":\"bench%1$d@example.com\",\"tier\":\"enterprise\"}";
    return admin.post("/tenants", wish.formatted(number)).text("tenant_id");
  }

  private static boolean hasCustomer(Client admin, String tenant) {
    return admin.get("/tenants/" + tenant).body().contains("\"cus_");
  }

  private static void await(BooleanSupplier done) {
    while (!done.getAsBoolean()) {
      LockSupport.parkNanos(CALL.toNanos());
    }
  }

  private static void answerLater(String path) {
    if (path.equals(METER_EVENTS)) {
      LockSupport.parkNanos(CALL.toNanos());
    }
  }

  private static Duration round(ApplicationContext outpost, List<String> tenants, int jobs) {
    for (int i = 0; i < jobs; i++) {
      finish(outpost, tenants.get(i % tenants.size()));
    }
    var start = System.nanoTime();
    outpost.getBean(ProducerTemplate.class).sendBody("direct:report-usage", null);
    return Duration.ofNanos(System.nanoTime() - start);
  }

  /** Writes an ended job into the ledger, as a worker's last transaction does. */
  private static void finish(ApplicationContext outpost, String tenant) {
    var now = Instant.now();
    var change = new Change();
    outpost
        .getBean(Ledger.class)
        .add(
            change,
            new Ledger.Used(
                tenant, Ids.ulid(), now, now, Json.time(now), "claude", null, Map.of(), null, null));
    outpost.getBean(Transactions.class).write(change);
  }
}
