package io.outpost.billing;

import java.util.List;

/**
 * Jobs that came too late for the invoice of their period, as one position of the next invoice.
 *
 * @param adjustment what tells this position from others
 * @param invoice the invoice that is without them
 * @param entries their entries in the ledger
 * @param amount what they cost, in the currency's smallest unit
 */
public record LateUsage(
    String adjustment,
    String invoice,
    List<LedgerEntry> entries,
    long amount,
    String currency,
    String description) {

  /** The jobs. */
  List<String> jobs() {
    return entries.stream().map(LedgerEntry::jobId).toList();
  }
}
