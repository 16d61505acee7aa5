package io.outpost.billing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.outpost.local.stripe.Faults.Fault;
import io.outpost.local.stripe.LocalStripe;
import io.outpost.local.stripe.SettableClock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.camel.ProducerTemplate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A fault of our Stripe account pauses all reports; a fault of one job parks only that job. */
@Tag("product")
class P14NothingBillableIsLostTest {
  private static final String METER_EVENTS = "/v1/billing/meter_events";
  private static final SettableClock STRIPES_CLOCK = new SettableClock("2026-01-01T00:00:00Z");

  private static BillingApi api;
  private static Ledger ledger;

  private final Instant ended =
      Instant.now().truncatedTo(ChronoUnit.HOURS).minus(Duration.ofHours(5));
  private BillingApi.Client client;
  private String customer;

  /** A fault of our Stripe account, and its repair. */
  enum Trouble {
    REVOKED_KEY(stripe -> stripe.stub().secretKey().revoke()),
    MISSING_RIGHT(stripe -> stripe.stub().secretKey().forbid(METER_EVENTS));

    private final Consumer<LocalStripe> begins;

    Trouble(Consumer<LocalStripe> begins) {
      this.begins = begins;
    }
  }

  @BeforeAll
  static void start() {
    STRIPES_CLOCK.set(Instant.now());
    api = BillingApi.start(STRIPES_CLOCK, Map.of("outpost.stripe.retries", 1));
    ledger = new Ledger(api);
  }

  @AfterAll
  static void stop() {
    api.close();
  }

  @BeforeEach
  void begin() throws Exception {
    STRIPES_CLOCK.set(Instant.now());
    api.stripe().stub().secretKey().restore();
    client = api.tenant("ada", "enterprise");
    customer = api.customer(client);
    api.drain();
  }

  private long counted() {
    return api.stripe().counted(customer);
  }

  private void ran(String... jobs) {
    for (var job : jobs) {
      ledger.add(client.tenantId(), job, ended);
    }
  }

  private boolean isReported(String job) {
    return ledger.entry(client.tenantId(), job).containsKey("reported_at");
  }

  private static String billingHealth() throws Exception {
    return api.read(api.get("/health/ready", api.outpost().adminKey()))
        .at("/components/billing")
        .asText();
  }

  private static long alarms(String what) {
    return api.notices().stream()
        .filter(notice -> notice.contains("billing-alarm") && notice.contains("\"" + what + "\""))
        .count();
  }

  @ParameterizedTest
  @EnumSource
  void goesOnByItselfWhenTheAccountIsMended(Trouble trouble) throws Exception {
    ran(trouble + "-1", trouble + "-2");
    long told = alarms("usage");
    trouble.begins.accept(api.stripe());
    for (int i = 0; i < 3; i++) {
      api.run("report-usage");
    }
    assertThat(isReported(trouble + "-1")).isFalse();
    assertThat(ledger.entry(client.tenantId(), trouble + "-1")).doesNotContainKey("parked_for");
    await().until(() -> billingHealth().contains("usage"));
    assertThat(alarms("usage")).isEqualTo(told + 1);

    api.stripe().stub().secretKey().restore();
    api.run("report-usage");
    assertThat(isReported(trouble + "-1")).isTrue();
    assertThat(isReported(trouble + "-2")).isTrue();
    assertThat(counted()).isEqualTo(2);
    await().until(() -> !billingHealth().contains("usage"));
  }

  /** Stripe accepts events for a missing meter and reports later that it dropped them. */
  @Test
  void tellsAgainWhatStripeAcceptedAndRejectedAfterwards() {
    var account = api.stripe().stub().account();
    var meter = api.stripe().meter();
    ran("job-accepted");
    account.turnMeter(meter, "inactive");
    api.run("report-usage");
    assertThat(isReported("job-accepted")).isTrue();
    await().until(() -> api.backstage().counted("outpost.billing.usage.rejected") > 0);
    api.drain();
    ran("job-waits");
    api.run("report-usage");
    assertThat(isReported("job-waits")).isFalse();

    account.turnMeter(meter, "active");
    api.run("reconcile-usage");
    api.run("report-usage");
    assertThat(counted()).isEqualTo(2);
    api.run("reconcile-usage");
    api.run("report-usage");
    assertThat(counted()).isEqualTo(2);
  }

  @Test
  void parksTheJobThatStripeNamesAndNoOther() throws Exception {
    ran("01ARZ3NDEKTSV4RRFFQ69G5FA1", "01ARZ3NDEKTSV4RRFFQ69G5FA2");
    ledger.add(client.tenantId(), "01ARZ3NDEKTSV4RRFFQ69G5FA3", Instant.now());
    // Stripe's clock is ahead, so it considers the first two jobs too old.
    STRIPES_CLOCK.advance(Duration.ofDays(35).minusHours(2));
    api.run("report-usage");
    assertThat(parked())
        .containsExactly("01ARZ3NDEKTSV4RRFFQ69G5FA2", "01ARZ3NDEKTSV4RRFFQ69G5FA1");
    assertThat(isReported("01ARZ3NDEKTSV4RRFFQ69G5FA3")).isTrue();

    STRIPES_CLOCK.set(Instant.now());
    var retried =
        api.post(
            "/admin/usage/parked/retry",
            api.outpost().adminKey(),
            Map.of("job_ids", List.of("01ARZ3NDEKTSV4RRFFQ69G5FA1")));
    assertThat(retried.statusCode()).as(retried.body()).isEqualTo(202);
    assertThat(api.read(retried).get("retried").asInt()).isEqualTo(1);
    api.run("report-usage");
    assertThat(isReported("01ARZ3NDEKTSV4RRFFQ69G5FA1")).isTrue();
    assertThat(parked()).containsExactly("01ARZ3NDEKTSV4RRFFQ69G5FA2");
    assertThat(voided("01ARZ3NDEKTSV4RRFFQ69G5FA2")).isEqualTo(202);
    api.drain();
    assertThat(parked()).isEmpty();
    assertThat(counted()).isEqualTo(2);
  }

  private List<String> parked() throws Exception {
    var page = api.get("/admin/usage/parked", api.outpost().adminKey());
    assertThat(page.statusCode()).as(page.body()).isEqualTo(200);
    return api.read(page)
        .get("data")
        .valueStream()
        .filter(one -> one.get("tenant_id").asText().equals(client.tenantId()))
        .map(one -> one.get("job_id").asText())
        .toList();
  }

  private int voided(String job) throws Exception {
    var path = "/admin/tenants/" + client.tenantId() + "/usage/" + job + "/void";
    return api.post(path, api.outpost().adminKey(), Map.of("reason", "Ours")).statusCode();
  }

  @Test
  void paysBackAJobWhoseInvoiceIsFinal() throws Exception {
    var account = api.stripe().stub().account();
    account.subscribe(customer, LocalStripe.PRICE_ENTERPRISE);
    api.drain();
    var job = "01ARZ3NDEKTSV4RRFFQ69G5FB1";
    ledger.add(client.tenantId(), job, Instant.now());
    api.run("report-usage");
    STRIPES_CLOCK.advance(Duration.ofDays(32));
    account.pass(one -> true);
    STRIPES_CLOCK.advance(Duration.ofHours(2));
    account.pass(one -> true);
    STRIPES_CLOCK.set(Instant.now());
    assertThat(voided(job)).isEqualTo(202);
    assertThat(voided(job)).isEqualTo(202);
    api.drain();
    assertThat(credits())
        .singleElement()
        .satisfies(
            c -> {
              assertThat(c.get("amount").asLong()).isEqualTo(-25);
              assertThat(c.at("/metadata/job_id").asText()).isEqualTo(job);
            });
    assertThat(counted()).isEqualTo(1);
  }

  private List<? extends JsonNode> credits() {
    return api.stripe().stub().account().credits().stream()
        .filter(credit -> credit.get("customer").asText().equals(customer))
        .toList();
  }

  @Test
  void refusesToVoidAJobOfAnotherPeriod() throws Exception {
    ran("job-elsewhere");
    var template = api.outpost().context().getBean(ProducerTemplate.class);
    var wrong =
        new StripeMessage(
            StripeMessage.Kind.void_job,
            client.tenantId(),
            null,
            "job-elsewhere",
            "2020-01-01T00:00:00.000Z",
            "Ours");
    assertThatThrownBy(() -> template.sendBody("direct:void-job", wrong))
        .hasRootCauseInstanceOf(IllegalArgumentException.class);
    assertThat(ledger.entry(client.tenantId(), "job-elsewhere")).doesNotContainKey("voided_at");
    assertThat(voided("01ARZ3NDEKTSV4RRFFQ69G5FAV")).isEqualTo(404);
  }

  /** A customer is deleted in Stripe's dashboard and the event about it is lost. */
  @Test
  void givesATenantAnotherCustomerForADeletedOne() throws Exception {
    api.stripe().stub().webhooks().hold();
    api.stripe().stub().account().deleteCustomer(customer);
    api.stripe().stub().webhooks().drop();
    var portal = api.client("holder", "free");
    var gone = api.customer(portal);
    api.stripe().stub().webhooks().hold();
    api.stripe().stub().account().deleteCustomer(gone);
    api.stripe().stub().webhooks().drop();
    var opened = api.get("/billing/portal", portal.key());
    assertThat(opened.statusCode()).as(opened.body()).isEqualTo(200);
    assertThat(api.customer(portal)).isNotEqualTo(gone);
  }

  /**
   * Stripe creates the customer but answers 500, and repeats that answer for the same idempotency
   * key for a day.
   */
  @ParameterizedTest
  @EnumSource(names = {"SERVER_ERROR", "SERVER_ERROR_AFTER"})
  void findsTheCustomerBehindAStoredError(Fault fault) throws Exception {
    api.stripe().stub().faults().next(1, fault, "POST", "/v1/customers");
    var lucky = api.tenant("unlucky-" + fault, "free");
    assertThat(api.customer(lucky)).startsWith("cus_");
    assertThat(
            api.stripe().stub().account().customers().stream()
                .filter(c -> c.at("/metadata/tenant_id").asText().equals(lucky.tenantId())))
        .hasSize(1);
  }
}
