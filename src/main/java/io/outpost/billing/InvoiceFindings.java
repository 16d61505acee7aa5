package io.outpost.billing;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the check of one tenant's invoices has found.
 *
 * @param unpriced late jobs at prices for which the cost of one job is undefined
 * @param checked the keys of the compared periods
 */
public record InvoiceFindings(
    List<LateUsage> late,
    List<Difference> differences,
    List<Unpriced> unpriced,
    Set<String> checked) {

  static InvoiceFindings none() {
    return new InvoiceFindings(
        new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new HashSet<>());
  }

  /**
   * A line of an invoice that the ledger does not explain.
   *
   * @param jobs how many too many (above zero) or too few
   * @param mispriced whether the amount differs from the price of the jobs
   */
  public record Difference(
      String invoice, @Nullable String price, Instant start, long jobs, boolean mispriced)
      implements ToldDifferences.Difference {
    @Override
    public String key() {
      return keyOf(invoice, price, start);
    }

    @Override
    public String state() {
      return jobs + (mispriced ? ", mispriced" : "");
    }

    private static String keyOf(String invoice, @Nullable String price, Instant start) {
      return "invoice#%s#%s#%s".formatted(invoice, price, start);
    }

    static String keyOf(InvoiceLine line) {
      return keyOf(line.invoice(), line.price(), line.start());
    }
  }

  /** Late jobs at a price for which the cost of one job is undefined. */
  public record Unpriced(@Nullable String price, String invoice, int jobs) {}
}
