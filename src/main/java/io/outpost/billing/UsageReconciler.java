package io.outpost.billing;

import io.outpost.audit.AuditAction;
import io.outpost.audit.AuditEntry;
import io.outpost.audit.AuditTrail;
import io.outpost.aws.Names;
import io.outpost.kernel.Json;
import io.outpost.store.Change;
import io.outpost.store.Items;
import io.outpost.store.Transactions;
import io.outpost.tenant.Tenant;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Variable;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/** The steps of comparing Stripe's counts with the ledger, tenant by tenant. Thread-safe. */
@Component("usageReconciler")
public class UsageReconciler {
  // Three days, so that hours that could not be compared in one run are compared in a later one.
  private static final Duration LOOK_BACK = Duration.ofDays(3);
  // Longer than Stripe accepts events: an entry in doubt may be too old for a report when it is
  // decided.
  private static final Duration LOOK_BACK_FOR_DOUBT = Duration.ofDays(40);
  // The longest time from a job's acceptance to its end.
  private static final Duration PERIOD_AND_RUN = Duration.ofDays(62);
  private static final Duration SETTLED = Duration.ofHours(1);
  private static final int NAMED = 50;

  private final DynamoDbClient dynamoDb;
  private final Items items;
  private final Names names;
  private final UsageLedger ledger;
  private final VoidedJobs voided;
  private final Transactions transactions;
  private final AuditTrail trail;
  private final StripeSettings settings;
  private final RejectedReports rejected;
  private final BillingAlarms alarms;
  private final Clock clock;

  UsageReconciler(
      DynamoDbClient dynamoDb,
      Items items,
      Names names,
      UsageLedger ledger,
      VoidedJobs voided,
      Transactions transactions,
      AuditTrail trail,
      StripeSettings settings,
      RejectedReports rejected,
      BillingAlarms alarms,
      Clock clock) {
    this.clock = clock;
    this.dynamoDb = dynamoDb;
    this.items = items;
    this.names = names;
    this.ledger = ledger;
    this.voided = voided;
    this.transactions = transactions;
    this.trail = trail;
    this.settings = settings;
    this.rejected = rejected;
    this.alarms = alarms;
  }

  /** The call for the meters. */
  public StripeCall meters() {
    return StripeCall.get("/v1/billing/meters", StripeRequests.meters());
  }

  /** The meter that counts our jobs. Raises an alarm when it is missing. */
  public String meter(@Variable("meters") String meters) {
    return StripeAnswers.meterOf(meters, settings.meterEventName())
        .orElseThrow(
            () -> {
              var why = "Stripe has no active meter for " + settings.meterEventName();
              alarms.raise("usage", why);
              return new IllegalStateException(why);
            });
  }

  /** Stops the round of reports, because Stripe's meter could not be confirmed. */
  public void stop(
      @ExchangeProperty("usageRun") UsageRun run,
      @ExchangeProperty(Exchange.EXCEPTION_CAUGHT) Exception failure) {
    var refusal = StripeRefusal.in(failure);
    run.stop(refusal == null ? failure.getMessage() : refusal.getMessage() + ": " + refusal.text());
  }

  /** The tenants to compare: all that have a customer, including deleted ones. */
  public List<String> tenants() {
    return Stream.of("tenants", "deleted").flatMap(part -> listed(part).stream()).toList();
  }

  private List<String> listed(String directory) {
    return dynamoDb
        .queryPaginator(
            q ->
                q.tableName(names.table("tenants"))
                    .indexName("directory")
                    .keyConditionExpression("directory = :tenants")
                    .filterExpression("attribute_exists(stripe_customer_id)")
                    .expressionAttributeValues(Map.of(":tenants", Items.text(directory))))
        .items()
        .stream()
        .map(item -> Items.required(item, "tenant_id").s())
        .toList();
  }

  /**
   * A comparison of a tenant's last three days, in whole hours. It begins earlier while entries are
   * in doubt, or when a job that has ended in these days was accepted earlier.
   */
  public UsageComparison begin(@ExchangeProperty("tenantId") String tenantId) {
    // An hour ago, because Stripe's sums lag behind its events.
    Instant today = clock.instant().minus(SETTLED).truncatedTo(ChronoUnit.HOURS);
    Instant limit = today.minus(LOOK_BACK_FOR_DOUBT);
    List<LedgerEntry> entries = entries(tenantId, limit);
    // A job counts at the time of its acceptance, and may end long after.
    Instant start =
        entries.stream()
            .filter(
                entry -> entry.isInDoubt() || !entry.recordedAt().isBefore(today.minus(LOOK_BACK)))
            .map(entry -> entry.countedAt().truncatedTo(ChronoUnit.HOURS))
            .filter(hour -> hour.isAfter(limit) && hour.isBefore(today.minus(LOOK_BACK)))
            .min(Instant::compareTo)
            .orElse(today.minus(LOOK_BACK));
    return new UsageComparison(entries, new UsageComparison.Window(start, today));
  }

  List<LedgerEntry> entries(String tenantId, Instant since) {
    var from = "ledger#" + Json.time(since.minus(PERIOD_AND_RUN));
    return dynamoDb
        .queryPaginator(
            q ->
                q.tableName(names.table("usage"))
                    .keyConditionExpression("tenant_id = :tenant AND sk BETWEEN :from AND :to")
                    .filterExpression("recorded_at >= :since")
                    .expressionAttributeValues(
                        Map.of(
                            ":tenant", Items.text(tenantId),
                            ":from", Items.text(from),
                            ":to", Items.text("ledger#~"),
                            ":since", Items.text(Json.time(since)))))
        .items()
        .stream()
        .map(item -> items.read(item, LedgerEntry.class))
        .toList();
  }

  /** The call for the next sum. */
  public StripeCall sum(
      @ExchangeProperty("reconciliation") UsageComparison usageComparison,
      @ExchangeProperty("tenant") Tenant tenant,
      @ExchangeProperty("meter") String meter) {
    var window = usageComparison.next();
    return StripeCall.get(
        "/v1/billing/meters/" + meter + "/event_summaries",
        window.isLong()
            ? StripeRequests.hourlySummary(tenant.customer(), window.start(), window.end())
            : StripeRequests.meterSummary(tenant.customer(), window.start(), window.end()));
  }

  /** Compares a sum with the ledger. */
  public void judge(
      @ExchangeProperty("reconciliation") UsageComparison usageComparison,
      @Variable("summary") String summary) {
    usageComparison.judge(StripeAnswers.countedByStart(summary));
  }

  /**
   * Decides about entries in doubt, whose report or voiding has an unknown outcome, and schedules
   * another report of jobs that Stripe accepted and did not count.
   */
  public void settle(@ExchangeProperty("reconciliation") UsageComparison usageComparison) {
    for (var entry : usageComparison.there()) {
      if (entry.isOpen()) {
        ledger.reported(entry);
      } else {
        voided.settle(entry, true);
      }
    }
    for (var entry : usageComparison.notThere()) {
      if (entry.isOpen()) {
        ledger.reportAgain(entry);
      } else {
        voided.settle(entry, false);
      }
    }
    for (var missing : usageComparison.missingMinutes()) {
      missing.entries().stream()
          .filter(entry -> entry.isCounted() && !entry.isInDoubt())
          .filter(entry -> !rejected.settle(entry))
          .filter(entry -> missing.none())
          .forEach(ledger::tellAgain);
    }
  }

  /**
   * Writes a difference into the tenant's audit; the entry goes into the property {@code audited}.
   */
  public void record(
      @Body UsageComparison.Difference difference,
      @ExchangeProperty("tenantId") String tenantId,
      Exchange exchange) {
    write(
        tenantId,
        AuditAction.USAGE_DIFFERS,
        AuditEntry.Outcome.failed,
        Map.of(
            "minute", Json.time(difference.minute()),
            "stripe", Long.toString(difference.stripe()),
            "ledger", Long.toString(difference.ledger()),
            "jobs", named(difference)),
        exchange);
  }

  /** Writes a line that the ledger does not explain into the tenant's audit. */
  public void recordInvoice(
      @Body InvoiceFindings.Difference difference,
      @ExchangeProperty("tenantId") String tenantId,
      Exchange exchange) {
    write(
        tenantId,
        AuditAction.INVOICE_DIFFERS,
        AuditEntry.Outcome.failed,
        Map.of(
            "invoice", difference.invoice(),
            "period_start", Json.time(difference.start()),
            "jobs", Long.toString(difference.jobs())),
        exchange);
  }

  /** Writes into the tenant's audit that a reported difference is gone. */
  public void recordGone(
      @Body String key, @ExchangeProperty("tenantId") String tenantId, Exchange exchange) {
    write(
        tenantId,
        AuditAction.DIFFERENCE_GONE,
        AuditEntry.Outcome.allowed,
        Map.of("difference", key),
        exchange);
  }

  /** Writes the late jobs into the tenant's audit. */
  public void recordLate(
      @ExchangeProperty("late") LateUsage late,
      @ExchangeProperty("tenantId") String tenantId,
      Exchange exchange) {
    write(
        tenantId,
        AuditAction.USAGE_LATE,
        AuditEntry.Outcome.allowed,
        Map.of(
            "invoice", late.invoice(),
            "jobs", late.jobs().stream().limit(NAMED).collect(Collectors.joining(",")),
            "amount", Long.toString(late.amount()),
            "currency", late.currency()),
        exchange);
  }

  private void write(
      String tenantId,
      AuditAction action,
      AuditEntry.Outcome outcome,
      Map<String, String> details,
      Exchange exchange) {
    var entry =
        AuditEntry.own(tenantId, clock.instant(), action, "/tenants/" + tenantId, outcome, details);
    Change change = new Change();
    trail.add(change, entry);
    transactions.write(change);
    exchange.setProperty("audited", entry);
  }

  private static String named(UsageComparison.Difference difference) {
    return difference.jobs().stream().limit(NAMED).collect(Collectors.joining(","));
  }
}
