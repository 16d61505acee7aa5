package io.outpost.billing;

import io.outpost.kernel.Ids;
import io.outpost.kernel.Json;
import io.outpost.store.Items;
import io.outpost.tenant.Tenant;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Variable;
import org.springframework.stereotype.Component;

/**
 * The steps of checking final invoices against the ledger, line by line. Late jobs are billed on
 * the next invoice. Thread-safe.
 */
@Component("invoiceCheck")
public class InvoiceCheck {
  // A job starts at most 30 days after its acceptance, so older invoices no longer change.
  static final Duration LOOK_BACK = Duration.ofDays(70);
  // Finalized invoices that are older than this have been checked at least twice.
  private static final Duration NEW = Duration.ofHours(13);
  private static final Set<String> LIVING = Set.of("active", "trialing", "past_due");
  private static final int MOST_IN_POSITION = 500;

  private final UsageLedger ledger;
  private final UsageReconciler reconciler;
  private final StripePrices prices;
  private final Clock clock;

  InvoiceCheck(UsageLedger ledger, UsageReconciler reconciler, StripePrices prices, Clock clock) {
    this.ledger = ledger;
    this.reconciler = reconciler;
    this.prices = prices;
    this.clock = clock;
  }

  /** The call for invoices that may still need corrections. */
  public StripeCall invoices(@ExchangeProperty("tenant") Tenant tenant) {
    return StripeCall.get(
        "/v1/invoices",
        StripeRequests.invoicesSince(tenant.customer(), clock.instant().minus(LOOK_BACK)));
  }

  /**
   * Compares the metered lines of final invoices with the ledger. Also finds usage that no invoice
   * bills, because its subscription ended without a last invoice.
   */
  public InvoiceFindings check(
      @ExchangeProperty("tenantId") String tenantId,
      @Variable("invoices") String invoices,
      @Variable("subscriptions") String subscriptions) {
    var lines = billed(invoices);
    var unbilled = unbilled(subscriptions, StripeAnswers.lines(invoices));
    var all = Stream.concat(lines.stream(), unbilled.stream()).toList();
    var findings = InvoiceFindings.none();
    if (!all.isEmpty()) {
      var entries = reconciler.entries(tenantId, oldest(all));
      findings.late().addAll(again(entries, all));
      lines.forEach(line -> check(line, entries, findings));
      unbilled.forEach(line -> late(line, onNone(lines, line, entries), findings));
    }
    return findings;
  }

  /**
   * The ended periods that no invoice bills. An invoice for the end of a subscription may come up
   * to an hour later. Stripe counts usage by customer, so usage that another subscription of the
   * customer will bill, too, is checked after that.
   */
  private List<InvoiceLine> unbilled(String subscriptions, List<InvoiceLine> lines) {
    var living = StripeAnswers.livingByUse(subscriptions);
    return StripeAnswers.ended(subscriptions).stream()
        .filter(ended -> prices.isMetered(ended.price()))
        .filter(ended -> ended.end().isAfter(clock.instant().minus(LOOK_BACK)))
        .filter(ended -> ended.end().isBefore(clock.instant().minus(Duration.ofHours(1))))
        .filter(ended -> !ended.isBilledBy(lines))
        .filter(ended -> living.stream().noneMatch(start -> start.isBefore(ended.end())))
        .map(EndedUse::asLine)
        .toList();
  }

  /** The jobs that this line should bill and no other line bills. */
  private static List<LedgerEntry> onNone(
      List<InvoiceLine> others, InvoiceLine line, List<LedgerEntry> entries) {
    return InvoiceComparison.due(line, entries).stream()
        .filter(entry -> others.stream().noneMatch(other -> other.covers(entry.countedAt())))
        .toList();
  }

  /**
   * Adds the late jobs of a line to the findings. Where the price of single jobs is undefined,
   * because it has several tiers, they are reported instead: an item needs an amount.
   */
  private void late(InvoiceLine line, List<LedgerEntry> entries, InvoiceFindings findings) {
    if (!entries.isEmpty() && !prices.isByUnit(line.price())) {
      findings
          .unpriced()
          .add(new InvoiceFindings.Unpriced(line.price(), line.invoice(), entries.size()));
      return;
    }
    var sorted = entries.stream().sorted(Comparator.comparing(LedgerEntry::jobId)).toList();
    for (int i = 0; i < sorted.size(); i += MOST_IN_POSITION) {
      var some = sorted.subList(i, Math.min(i + MOST_IN_POSITION, sorted.size()));
      findings.late().add(late(Ids.ulid(), line, some));
    }
  }

  private void check(InvoiceLine line, List<LedgerEntry> entries, InvoiceFindings findings) {
    var comparison = new InvoiceComparison(line, entries);
    findings.checked().add(InvoiceFindings.Difference.keyOf(line));
    late(line, comparison.late(), findings);
    if (comparison.unexplained() != 0 || comparison.isMispriced()) {
      findings
          .differences()
          .add(
              new InvoiceFindings.Difference(
                  line.invoice(),
                  line.price(),
                  line.start(),
                  comparison.unexplained(),
                  comparison.isMispriced()));
    }
  }

  /** Invoice items that were recorded, but whose existence at Stripe is not confirmed yet. */
  private List<LateUsage> again(List<LedgerEntry> entries, List<InvoiceLine> lines) {
    return entries.stream()
        .filter(entry -> entry.adjustment() != null && entry.adjustedAt() == null)
        .collect(Collectors.groupingBy(LedgerEntry::adjustment))
        .entrySet()
        .stream()
        .flatMap(
            begun ->
                lines.stream()
                    .filter(line -> prices.isByUnit(line.price()))
                    .filter(line -> line.covers(begun.getValue().getFirst().countedAt()))
                    .limit(1)
                    .map(line -> late(begun.getKey(), line, begun.getValue())))
        .toList();
  }

  private static LateUsage late(String adjustment, InvoiceLine line, List<LedgerEntry> entries) {
    var description =
        "%d jobs of %s to %s, not billed by %s"
            .formatted(
                entries.size(),
                line.start().truncatedTo(ChronoUnit.SECONDS),
                line.end().truncatedTo(ChronoUnit.SECONDS),
                line.invoice());
    return new LateUsage(
        adjustment,
        line.invoice(),
        entries,
        line.price(entries.size()),
        line.currency(),
        description);
  }

  private List<InvoiceLine> billed(String invoices) {
    return StripeAnswers.lines(invoices).stream()
        .filter(line -> line.closes() && prices.isMetered(line.price()))
        .toList();
  }

  private static Instant oldest(List<InvoiceLine> lines) {
    return lines.stream().map(InvoiceLine::start).min(Instant::compareTo).orElseThrow();
  }

  /**
   * Records the invoice item for late jobs before it is created. False when a job is already on
   * another item: then this item is not created, and its other jobs get one at the next check.
   */
  public boolean begin(@ExchangeProperty("late") LateUsage late) {
    var ours = true;
    for (var entry : late.entries()) {
      ours &=
          ledger
              .update(
                  entry,
                  "SET adjustment = :adjustment",
                  "(attribute_not_exists(adjustment) OR adjustment = :adjustment)"
                      + " AND (attribute_not_exists(voided_by) OR voided_by = :credit)",
                  Map.of(
                      ":adjustment", Items.text(late.adjustment()),
                      ":credit", Items.text(VoidedJobs.Way.credit.name())))
              .isPresent();
    }
    return ours;
  }

  /**
   * Whether the invoice item exists already: an earlier attempt may have crashed after creating it.
   */
  public boolean isThere(
      @ExchangeProperty("late") LateUsage late, @Variable("positions") String positions) {
    return StripeAnswers.adjustments(positions).contains(late.adjustment());
  }

  /** Records that the invoice item exists. */
  public void adjusted(@ExchangeProperty("late") LateUsage late) {
    for (var entry : late.entries()) {
      ledger.update(
          entry,
          "SET adjusted_at = :now",
          "adjustment = :adjustment",
          Map.of(
              ":now", Items.text(Json.time(clock.instant())),
              ":adjustment", Items.text(late.adjustment())));
    }
  }

  /** Whether the tenant will get no further invoice. */
  public boolean isLeaving(@ExchangeProperty("tenant") Tenant tenant) {
    return tenant.status() == Tenant.Status.deleted
        || !LIVING.contains(String.valueOf(tenant.subscriptionStatus()));
  }

  /** The periods of recently finalized invoices, which are compared hour by hour. */
  public List<UsageComparison> closed(
      @ExchangeProperty("tenantId") String tenantId, @Variable("invoices") String invoices) {
    return billed(invoices).stream()
        .filter(line -> line.isFinalAfter(clock.instant().minus(NEW)))
        .map(this::hours)
        .filter(window -> window.start().isBefore(window.end()))
        .map(window -> new UsageComparison(reconciler.entries(tenantId, window.start()), window))
        .toList();
  }

  /** The whole hours that contain a line's period, but none in the future. */
  private UsageComparison.Window hours(InvoiceLine line) {
    var now = clock.instant().truncatedTo(ChronoUnit.HOURS);
    var end = line.end().plus(Duration.ofHours(1)).truncatedTo(ChronoUnit.HOURS);
    return new UsageComparison.Window(
        line.start().truncatedTo(ChronoUnit.HOURS), end.isBefore(now) ? end : now);
  }
}
