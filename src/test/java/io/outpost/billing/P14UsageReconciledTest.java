package io.outpost.billing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import io.outpost.local.stripe.Faults.Fault;
import io.outpost.local.stripe.SettableClock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.ProducerTemplate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A report with an unknown outcome is not simply repeated: a comparison with Stripe's sums decides.
 */
@Tag("product")
class P14UsageReconciledTest {
  private static final String METER_EVENTS = "/v1/billing/meter_events";
  private static final SettableClock STRIPES_CLOCK = new SettableClock("2026-01-01T00:00:00Z");

  private static BillingApi api;
  private static Ledger ledger;

  private final Instant ended =
      Instant.now().truncatedTo(ChronoUnit.DAYS).minus(Duration.ofHours(30));
  private BillingApi.Client client;
  private String customer;

  @BeforeAll
  static void start() {
    api =
        BillingApi.start(
            STRIPES_CLOCK,
            Map.of("outpost.stripe.retries", 1, "outpost.stripe.response-timeout", 30_000));
    ledger = new Ledger(api);
  }

  @AfterAll
  static void stop() {
    api.close();
  }

  @BeforeEach
  void begin() throws Exception {
    STRIPES_CLOCK.set(Instant.now());
    client = api.tenant("ada", "pro");
    customer = api.customer(client);
  }

  private long counted() {
    return api.stripe().counted(customer);
  }

  private List<String> actions() {
    return api.backstage().audited(client).stream()
        .map(item -> item.get("action").s() + item.get("metadata"))
        .toList();
  }

  private boolean isReported(String job) {
    return ledger.entry(client.tenantId(), job).containsKey("reported_at");
  }

  private long meterEvents() {
    return api.stripe().stub().calls().stream()
        .filter(call -> call.path().equals(METER_EVENTS))
        .count();
  }

  @Test
  void decidesDoubtsByStripesSums() {
    ledger.add(client.tenantId(), "job-fine", ended);
    api.run("report-usage");
    assertThat(isReported("job-fine")).isTrue();

    ledger.add(client.tenantId(), "job-arrived", ended.plusSeconds(90));
    api.stripe().stub().faults().next(1, Fault.DROPPED, METER_EVENTS);
    api.stripe().stub().faults().next(1, Fault.SERVER_ERROR, METER_EVENTS);
    api.run("report-usage");
    ledger.add(client.tenantId(), "job-lost", ended.plusSeconds(400));
    api.stripe().stub().faults().next(2, Fault.SERVER_ERROR, METER_EVENTS);
    api.run("report-usage");
    assertThat(isReported("job-arrived")).isFalse();
    assertThat(isReported("job-lost")).isFalse();
    assertThat(counted()).isEqualTo(2);

    // After 24 hours Stripe no longer recognizes a repeated report.
    STRIPES_CLOCK.advance(Duration.ofHours(25));
    for (var job : List.of("job-arrived", "job-lost")) {
      ledger.set(client.tenantId(), job, "report_began", Instant.now().minus(Duration.ofHours(25)));
    }
    var sent = meterEvents();
    api.run("report-usage");
    api.run("report-usage");
    assertThat(meterEvents()).isEqualTo(sent);

    api.run("reconcile-usage");
    assertThat(isReported("job-arrived")).isTrue();
    api.run("report-usage");
    assertThat(isReported("job-lost")).isTrue();
    assertThat(counted()).isEqualTo(3);
    assertThat(api.stripe().stub().account().counted())
        .contains(entry("job-fine", 1), entry("job-arrived", 1), entry("job-lost", 1));
    api.run("reconcile-usage");
    assertThat(actions()).noneMatch(action -> action.startsWith("billing.usage-differs"));
  }

  @Test
  void namesTheJobsOfADifference() {
    ledger.add(client.tenantId(), "job-a", ended);
    ledger.add(client.tenantId(), "job-b", ended.plusSeconds(600));
    api.run("report-usage");
    // Stripe loses one report and counts a foreign one.
    api.stripe().stub().account().forgetUsage("job-b");
    api.run("reconcile-usage");
    assertThat(actions())
        .filteredOn(action -> action.startsWith("billing.usage-differs"))
        .singleElement()
        .satisfies(action -> assertThat(action).contains("job-b").doesNotContain("job-a"));
    assertThat(api.notices())
        .filteredOn(notice -> notice.contains(client.tenantId()))
        .singleElement()
        .satisfies(notice -> assertThat(notice).contains("usage-differs"));
  }

  @Test
  void namesAJobThatStripeWillNotTake() {
    ledger.add(client.tenantId(), "job-old", Instant.now().minus(Duration.ofDays(35)));
    ledger.add(client.tenantId(), "job-ancient", Instant.now().minus(Duration.ofDays(69)));
    ledger.add(client.tenantId(), "job-refused", ended);
    ledger.add(client.tenantId(), "job-next", ended);
    STRIPES_CLOCK.advance(Duration.ofDays(40));
    api.run("report-usage");
    // The job is too old for the meter; an invoice item can still bill it, and after that
    // only an operator decides.
    assertThat(ledger.entry(client.tenantId(), "job-old"))
        .containsKey("unmetered_at")
        .doesNotContainKeys("parked_for", "unreported_shard");
    assertThat(ledger.entry(client.tenantId(), "job-ancient").get("parked_for").s())
        .isEqualTo("too-old");
    assertThat(ledger.entry(client.tenantId(), "job-refused")).containsKey("parked_for");
    api.run("reconcile-usage");
    assertThat(actions()).anyMatch(action -> action.contains("job-refused"));
  }

  /**
   * Only few tenants' usage is reported at once, so that reports do not keep the container from
   * other work.
   */
  @Test
  void reportsFewTenantsAtOnce() throws Exception {
    int few =
        api.outpost()
            .context()
            .getEnvironment()
            .getRequiredProperty("outpost.stripe.tenants-at-once", Integer.class);
    var clients = new ArrayList<BillingApi.Client>();
    for (int i = 0; i < 4 * few; i++) {
      clients.add(api.tenant("one-of-many-" + i, "pro"));
    }
    clients.forEach(api::customer);
    clients.forEach(one -> ledger.add(one.tenantId(), "job-of-" + one.tenantId(), ended));
    var together = new AtomicInteger();
    var most = new AtomicInteger();
    var allThatMay = new CyclicBarrier(few);
    api.stripe()
        .stub()
        .gate(
            call -> {
              if (call.params().path("identifier").asText().startsWith("job-of-")) {
                most.accumulateAndGet(together.incrementAndGet(), Math::max);
                meet(allThatMay);
                together.decrementAndGet();
              }
            });
    api.run("report-usage");
    api.stripe().stub().gate(call -> {});
    assertThat(most).hasValue(few);
    // With 250 ms a call this is at least 100 jobs a second, if at least as many tenants
    // have jobs to report.
    assertThat(few * 1000 / 250).isGreaterThanOrEqualTo(100);
    assertThat(clients)
        .allMatch(
            one ->
                ledger
                    .entry(one.tenantId(), "job-of-" + one.tenantId())
                    .containsKey("reported_at"));
  }

  private static void meet(CyclicBarrier barrier) {
    try {
      barrier.await();
    } catch (InterruptedException | BrokenBarrierException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void takesJobsOffTheBill() {
    var template = api.outpost().context().getBean(ProducerTemplate.class);
    for (var job : List.of("job-unsent", "job-fresh", "job-late", "job-stays")) {
      ledger.add(client.tenantId(), job, ended);
    }
    template.sendBody("direct:void-job", ledger.voiding(client.tenantId(), "job-unsent"));
    api.run("report-usage");
    assertThat(counted()).isEqualTo(3);
    template.sendBody("direct:void-job", ledger.voiding(client.tenantId(), "job-fresh"));
    assertThat(counted()).isEqualTo(2);
    STRIPES_CLOCK.advance(Duration.ofHours(25));
    ledger.set(
        client.tenantId(), "job-late", "report_began", Instant.now().minus(Duration.ofHours(25)));
    for (int i = 0; i < 2; i++) {
      template.sendBody("direct:void-job", ledger.voiding(client.tenantId(), "job-late"));
      assertThat(counted()).isEqualTo(1);
    }
    assertThatThrownBy(
            () ->
                template.sendBody("direct:void-job", ledger.voiding(client.tenantId(), "job-none")))
        .hasRootCauseInstanceOf(IllegalArgumentException.class);
    api.run("reconcile-usage");
    assertThat(actions()).noneMatch(action -> action.startsWith("billing.usage-differs"));
    assertThat(actions()).filteredOn(a -> a.startsWith("billing.job-voided")).hasSize(3);
  }

  /** Stripe's answer was not recorded, and Stripe no longer recognizes the repeated request. */
  @Test
  void takesAJobOffTheBillOnceWhenTheOutcomeOfItsVoidingIsUnknown() {
    var cancelled = "job-cancelled";
    var kept = "job-kept";
    var opposed = "job-opposed";
    var hours = List.of(cancelled, kept, opposed);
    for (int i = 0; i < hours.size(); i++) {
      ledger.add(client.tenantId(), hours.get(i), ended.plus(Duration.ofMinutes(10L * i)));
    }
    api.run("report-usage");
    ledger.set(client.tenantId(), opposed, "report_began", hoursAgo(24));
    diesWhileVoiding(cancelled, true);
    diesWhileVoiding(kept, false);
    diesWhileVoiding(opposed, true);
    assertThat(counted()).isEqualTo(1);
    // The comparison decides nothing while a repeated request could still change the count.
    api.run("reconcile-usage");
    api.run("report-usage");
    assertThat(counted()).isEqualTo(1);

    STRIPES_CLOCK.advance(Duration.ofHours(26));
    for (var job : hours) {
      ledger.set(client.tenantId(), job, "report_began", hoursAgo(50));
      ledger.set(client.tenantId(), job, "void_began", hoursAgo(26));
      assertThatThrownBy(() -> voids(job)).hasRootCauseInstanceOf(IllegalStateException.class);
    }
    assertThat(counted()).isEqualTo(1);
    api.run("reconcile-usage");
    for (var job : hours) {
      voids(job);
      assertThat(ledger.entry(client.tenantId(), job)).containsKey("voided_at");
    }
    assertThat(counted()).isZero();
    api.run("reconcile-usage");
    assertThat(actions()).noneMatch(action -> action.startsWith("billing.usage-differs"));
    assertThat(actions()).filteredOn(a -> a.startsWith("billing.job-voided")).hasSize(3);
  }

  /** A container dies before it has recorded Stripe's answer, and maybe before it has asked. */
  private void diesWhileVoiding(String job, boolean hasAsked) {
    var context = api.outpost().context();
    var voided = context.getBean(VoidedJobs.class);
    var calls = context.getBean(StripeCalls.class);
    var entry = voided.find(ledger.voiding(client.tenantId(), job));
    var way = voided.way(entry, null);
    voided.begin(entry, way);
    if (hasAsked) {
      var tenant = context.getBean(Accounts.class).load(client.tenantId());
      context
          .getBean(ProducerTemplate.class)
          .requestBody(
              "direct:call-stripe",
              way == VoidedJobs.Way.cancel
                  ? calls.cancelReport(entry)
                  : calls.reportOpposite(tenant, entry));
    }
  }

  private void voids(String job) {
    api.outpost()
        .context()
        .getBean(ProducerTemplate.class)
        .sendBody("direct:void-job", ledger.voiding(client.tenantId(), job));
  }

  private static Instant hoursAgo(int hours) {
    return Instant.now().minus(Duration.ofHours(hours));
  }
}
