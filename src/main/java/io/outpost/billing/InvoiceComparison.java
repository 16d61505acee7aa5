package io.outpost.billing;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Compares one line of a final invoice with the ledger. Jobs that were reported after the invoice
 * was finalized, or were too old to be reported, are not on the line. Where that is unclear,
 * because a report came shortly before or was confirmed only later, the sums decide. Immutable.
 */
final class InvoiceComparison {
  // Stripe counts reports some minutes after accepting them.
  private static final Duration LAG = Duration.ofMinutes(15);

  private final InvoiceLine line;
  private final long expected;
  private final List<LedgerEntry> late = new ArrayList<>();

  InvoiceComparison(InvoiceLine line, List<LedgerEntry> entries) {
    this.line = line;
    List<LedgerEntry> due = due(line, entries);
    this.expected = due.size();
    due.stream().filter(entry -> isTooLate(line, entry)).forEach(late::add);
    due.stream()
        .filter(entry -> !isTooLate(line, entry))
        .filter(entry -> isAfter(line, entry.reported().plus(LAG)))
        .sorted(Comparator.comparing(LedgerEntry::begun).reversed())
        .limit(Math.max(0, missing() - late.size()))
        .forEach(late::add);
  }

  /** Whether a job is certainly not on the line of its period. */
  static boolean isTooLate(InvoiceLine line, LedgerEntry entry) {
    return entry.unmeteredAt() != null || isAfter(line, entry.begun());
  }

  /** The jobs that a line should bill, whether or not they could be reported in time. */
  static List<LedgerEntry> due(InvoiceLine line, List<LedgerEntry> entries) {
    return entries.stream()
        .filter(entry -> line.covers(entry.countedAt()) && entry.isDue())
        .filter(entry -> entry.adjustment() == null)
        .toList();
  }

  private static boolean isAfter(InvoiceLine line, Instant time) {
    return time != null && time.isAfter(line.finalizedAt());
  }

  private long missing() {
    return expected - line.quantity();
  }

  /** The jobs that are not on the line, to be billed on the next invoice. */
  List<LedgerEntry> late() {
    return late;
  }

  /** How many jobs too many (above zero) or too few are on the line for unknown reasons. */
  long unexplained() {
    return line.quantity() - (expected - late.size());
  }

  /** Whether the line's amount differs from the price of its jobs. */
  boolean isMispriced() {
    return line.unit() != null && line.amount() != line.price(line.quantity());
  }
}
