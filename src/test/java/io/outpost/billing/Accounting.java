package io.outpost.billing;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.outpost.kernel.Ids;
import io.outpost.kernel.Json;
import io.outpost.local.stripe.LocalStripe;
import io.outpost.local.stripe.SettableClock;
import io.outpost.store.Change;
import io.outpost.store.Items;
import io.outpost.store.Transactions;
import io.outpost.tenant.BillingPeriod;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.component.resilience4j.ResilienceProcessor;

/**
 * Billing over months of simulated time: ended jobs, the Stripe stub's periods, drafts and
 * invoices, and Outpost's real routes.
 */
final class Accounting implements AutoCloseable {
  static final long CENTS = 25;

  /** A price by use with tiers: two jobs at 30 cents, further ones at 10. */
  static final String TIERED = "price_tiered";

  private final SettableClock stripesTime;
  private final SettableClock ourTime;
  private final BillingApi api;

  private Accounting(SettableClock stripesTime, BillingApi api) {
    this.stripesTime = stripesTime;
    this.api = api;
    this.ourTime = api.outpost().context().getBean(SettableClock.class);
  }

  static Accounting start() {
    var now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    var stripesTime = new SettableClock(now);
    Map<String, Object> settings = new HashMap<>();
    settings.put("test.billing-time", now);
    settings.put("outpost.worker.slots", 0);
    settings.put("outpost.stripe.price-enterprise", LocalStripe.PRICE_ENTERPRISE + "," + TIERED);
    var books = new Accounting(stripesTime, BillingApi.start(stripesTime, settings));
    books.stripe().stub().account().addTieredPrice(TIERED, books.stripe().meter(), 2, 30, 10);
    return books;
  }

  BillingApi api() {
    return api;
  }

  Instant now() {
    return stripesTime.instant();
  }

  LocalStripe stripe() {
    return api.stripe();
  }

  /** A tenant that pays by use. */
  record Payer(BillingApi.Client client, String customer, String subscription, Instant since) {}

  Payer payer(String name) throws Exception {
    var client = api.tenant(name, "free");
    return subscribe(client, api.customer(client));
  }

  Payer payer(String name, String price) throws Exception {
    var client = api.tenant(name, "free");
    return subscribe(client, api.customer(client), price);
  }

  Payer subscribe(BillingApi.Client client, String customer) throws Exception {
    return subscribe(client, customer, LocalStripe.PRICE_ENTERPRISE);
  }

  private Payer subscribe(BillingApi.Client client, String customer, String price)
      throws Exception {
    var subscription = stripe().stub().account().subscribe(customer, price);
    settle();
    return new Payer(client, customer, subscription.get("id").asText(), now());
  }

  /** Delivers Stripe's events and waits until Outpost has applied them. */
  void settle() throws Exception {
    stripe().stub().webhooks().flush();
    api.drain();
  }

  /**
   * Writes the ledger entry of an ended job, as the worker's last transaction does; returns its id.
   */
  String job(Payer payer, Instant accepted, Instant ended) {
    var id = Ids.ulid();
    var period = BillingPeriod.at(payer.since(), accepted);
    var change = new Change();
    api.outpost()
        .context()
        .getBean(io.outpost.usage.Ledger.class)
        .add(
            change,
            new io.outpost.usage.Ledger.Used(
                payer.client().tenantId(),
                id,
                accepted,
                ended,
                Json.time(period.start()),
                "claude",
                null,
                Map.of(),
                null,
                null));
    api.outpost().context().getBean(Transactions.class).write(change);
    return id;
  }

  /** Adds a job whose report at that time was unknown until now. */
  void found(Payer payer, Instant accepted, Instant reported) {
    var id = job(payer, accepted);
    var entry =
        ledger(payer).stream().filter(one -> one.jobId().equals(id)).findFirst().orElseThrow();
    api.outpost()
        .context()
        .getBean(UsageLedger.class)
        .update(
            entry,
            "SET report_began = :then, reported_at = :then REMOVE unreported_shard",
            "attribute_not_exists(reported_at)",
            Map.of(":then", Items.text(Json.time(reported))));
  }

  String job(Payer payer, Instant accepted) {
    return job(payer, accepted, accepted.plusSeconds(20));
  }

  void report() {
    api.run("report-usage");
  }

  /** Closes circuit breakers that an earlier test's faults have opened. */
  void closeCircuits() {
    for (var step : List.of("stripe-usage-circuit", "stripe-checkout-circuit", "stripe-circuit")) {
      var circuit =
          api.outpost()
              .context()
              .getBean(CamelContext.class)
              .getProcessor(step, ResilienceProcessor.class);
      if (!circuit.getCircuitBreakerState().equals("CLOSED")) {
        circuit.transitionToCloseState();
      }
    }
  }

  /**
   * Runs the comparison of sums and the check of invoices, which run every six hours in production.
   */
  void check() {
    api.run("reconcile-usage");
    api.run("check-invoices");
  }

  /** Moves the clock forward; the stub does at each time what is due then. */
  void advance(Instant to) {
    var account = stripe().stub().account();
    while (!account.nextDue().isAfter(to)) {
      set(account.nextDue().isAfter(now()) ? account.nextDue() : now());
      account.pass();
    }
    set(to);
  }

  void advance(Duration by) {
    advance(now().plus(by));
  }

  private void set(Instant time) {
    stripesTime.set(time);
    ourTime.set(time);
  }

  /** The end of a payer's current period. */
  Instant periodEnd(Payer payer) {
    return BillingPeriod.at(payer.since(), now()).end();
  }

  /** All final invoices of a customer, oldest first. */
  List<ObjectNode> invoices(Payer payer) {
    return stripe().stub().account().invoices().stream()
        .filter(invoice -> invoice.get("customer").asText().equals(payer.customer()))
        .filter(invoice -> !invoice.get("status").asText().equals("draft"))
        .toList();
  }

  /** The total of a customer's final invoices, in cents. */
  long billed(Payer payer) {
    return invoices(payer).stream().mapToLong(invoice -> invoice.get("total").asLong()).sum();
  }

  /** The invoice items that bill jobs after their period. */
  List<JsonNode> positions(Payer payer) {
    return invoices(payer).stream()
        .flatMap(invoice -> invoice.at("/lines/data").valueStream())
        .filter(line -> line.at("/metadata/adjustment").isTextual())
        .toList();
  }

  /** The number of a tenant's audit entries with an action. */
  long audited(Payer payer, String action) {
    return api.backstage().audited(payer.client(), action);
  }

  /** Takes a job off the bill, as an operator does. */
  void voidJob(Payer payer, String job) throws Exception {
    var path = "/admin/tenants/" + payer.client().tenantId() + "/usage/" + job + "/void";
    var answer = api.post(path, payer.client().key(), Map.of("reason", "it was our fault"));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
    settle();
  }

  /** Credits a job's price at Stripe without a record in the ledger. */
  void credit(Payer payer, String job) {
    api.outpost()
        .context()
        .getBean(ProducerTemplate.class)
        .requestBody(
            "direct:call-stripe",
            StripeCall.post(
                "/v1/customers/" + payer.customer() + "/balance_transactions",
                StripeRequests.credit(job, CENTS, "usd"),
                null));
  }

  /** The sum of a customer's credits, in cents. */
  long credited(Payer payer) {
    return stripe().stub().account().credits().stream()
        .filter(credit -> credit.get("customer").asText().equals(payer.customer()))
        .mapToLong(credit -> -credit.get("amount").asLong())
        .sum();
  }

  /** A tenant's status, its subscription's status, and since when it is past due. */
  String standing(Payer payer) {
    var tenant = api.outpost().context().getBean(Accounts.class).load(payer.client().tenantId());
    return "%s %s %s"
        .formatted(tenant.status(), tenant.subscriptionStatus(), tenant.pastDueSince());
  }

  List<LedgerEntry> ledger(Payer payer) {
    var items = api.outpost().context().getBean(Items.class);
    return new Ledger(api)
        .all(payer.client().tenantId()).stream()
            .map(item -> items.read(item, LedgerEntry.class))
            .toList();
  }

  @Override
  public void close() {
    api.close();
  }
}
