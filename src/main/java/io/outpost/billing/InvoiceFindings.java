package io.outpost.billing;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What came of the check of one tenant's invoices.
 *
 * @param unpriced jobs that came late at a price that is not one for each unit
 * @param checked the keys of what was compared
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
   * What an invoice bills that the ledger does not explain.
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

  /** Jobs that came late at a price by which nobody can say what they cost. */
  public record Unpriced(@Nullable String price, String invoice, int jobs) {}
}
