package io.outpost.billing;

import java.util.List;

/**
 * Jobs that missed the invoice of their period, as one item of the next invoice.
 *
 * @param adjustment the id of this item
 * @param invoice the invoice that lacks them
 * @param entries their entries in the ledger
 * @param amount their cost, in the currency's smallest unit
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
