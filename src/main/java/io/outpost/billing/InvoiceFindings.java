package io.outpost.billing;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The result of the check of one tenant's invoices.
 *
 * @param unpriced late jobs at prices without one amount for each unit
 * @param checked the keys of compared periods
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
   * An amount on an invoice that the ledger does not explain.
   *
   * @param jobs too many (above zero) or too few
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
