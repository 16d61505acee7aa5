package io.outpost.billing;

import java.util.List;

/**
 * Jobs that are missing on the invoice of their period, as one item of the next invoice.
 *
 * @param adjustment the id of this item
 * @param invoice the invoice on which the jobs are missing
 * @param entries the ledger entries of the jobs
 * @param amount the cost of the jobs, in the currency's smallest unit
 */
public record LateUsage(
    String adjustment,
    String invoice,
    List<LedgerEntry> entries,
    long amount,
    String currency,
    String description) {

  /** The ids of the jobs. */
  List<String> jobs() {
    return entries.stream().map(LedgerEntry::jobId).toList();
  }
}
