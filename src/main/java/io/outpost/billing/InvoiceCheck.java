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
 * The steps of checking final invoices against the ledger, line by line. What came too late for one
 * is put on the next. Thread-safe.
 */
@Component("invoiceCheck")
public class InvoiceCheck {
  // A job starts 30 days after its acceptance at most, so an older invoice changes no more.
  static final Duration LOOK_BACK = Duration.ofDays(70);
  // Invoices that became final since the look before the last one.
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

  /** Asks for the invoices that may still lack something. */
  public StripeCall invoices(@ExchangeProperty("tenant") Tenant tenant) {
    return StripeCall.get(
        "/v1/invoices",
        StripeRequests.invoicesSince(tenant.customer(), clock.instant().minus(LOOK_BACK)));
  }

  /**
   * Compares what final invoices bill by use with the ledger, and finds what no invoice bills
   * because its subscription was ended without a last one.
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
   * An invoice that is made with the end is there an hour later. Stripe counts use by customer:
   * what another subscription will bill, too, is looked at when it has.
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

  /** What a line should bill and no other does. */
  private static List<LedgerEntry> onNone(
      List<InvoiceLine> others, InvoiceLine line, List<LedgerEntry> entries) {
    return InvoiceComparison.due(line, entries).stream()
        .filter(entry -> others.stream().noneMatch(other -> other.covers(entry.countedAt())))
        .toList();
  }

  /** Several tiers cannot say what some jobs more cost: never a position of nothing. */
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

  /** Positions that were begun, and are not known to be there. */
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
   * Writes down which position bills them, before it is made; false when another one bills some:
   * then none is made, and those that are ours are made the next time, by themselves.
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
                      + " AND (attribute_not_exists(voided_at) OR voided_by = :credit)",
                  Map.of(
                      ":adjustment", Items.text(late.adjustment()),
                      ":credit", Items.text(VoidedJobs.Way.credit.name())))
              .isPresent();
    }
    return ours;
  }

  /** Whether the position is there: a crash may have come after it was made. */
  public boolean isThere(
      @ExchangeProperty("late") LateUsage late, @Variable("positions") String positions) {
    return StripeAnswers.adjustments(positions).contains(late.adjustment());
  }

  /** The position is there. */
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

  /** Whether the tenant gets no next invoice by itself. */
  public boolean isLeaving(@ExchangeProperty("tenant") Tenant tenant) {
    return tenant.status() == Tenant.Status.deleted
        || !LIVING.contains(String.valueOf(tenant.subscriptionStatus()));
  }

  /** The periods that invoices closed since the last looks, to be compared hour by hour. */
  public List<UsageComparison> closed(
      @ExchangeProperty("tenantId") String tenantId, @Variable("invoices") String invoices) {
    return billed(invoices).stream()
        .filter(line -> line.isFinalAfter(clock.instant().minus(NEW)))
        .map(this::hours)
        .filter(window -> window.start().isBefore(window.end()))
        .map(window -> new UsageComparison(reconciler.entries(tenantId, window.start()), window))
        .toList();
  }

  /** The whole hours around what a line bills, as far as they are over. */
  private UsageComparison.Window hours(InvoiceLine line) {
    var now = clock.instant().truncatedTo(ChronoUnit.HOURS);
    var end = line.end().plus(Duration.ofHours(1)).truncatedTo(ChronoUnit.HOURS);
    return new UsageComparison.Window(
        line.start().truncatedTo(ChronoUnit.HOURS), end.isBefore(now) ? end : now);
  }
}
