package io.outpost.billing;

import com.stripe.model.Invoice;
import com.stripe.model.InvoiceItem;
import com.stripe.model.InvoiceLineItem;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One line of an invoice: a number of units of a price over a period.
 *
 * @param invoice the invoice's id
 * @param finalizedAt when the invoice was finalized; null for a draft
 * @param price the price's id; null without a price
 * @param start the beginning of its usage (inclusive), until {@code end}
 * @param unit the price of one unit in the currency's smallest unit; null when units have no single
 *     price
 * @param amount the line's amount, before taxes and discounts
 */
public record InvoiceLine(
    String invoice,
    @Nullable Instant finalizedAt,
    @Nullable String price,
    Instant start,
    Instant end,
    long quantity,
    @Nullable BigDecimal unit,
    long amount,
    String currency) {
  // The number of decimals of a unit's price at Stripe.
  private static final int DECIMALS = 12;

  /** Converts Stripe's line. */
  static InvoiceLine of(Invoice invoice, InvoiceLineItem line) {
    var pricing = line.getPricing();
    var details = pricing == null ? null : pricing.getPriceDetails();
    return new InvoiceLine(
        invoice.getId(),
        finalizedAt(invoice),
        details == null ? null : details.getPrice(),
        Instant.ofEpochSecond(line.getPeriod().getStart()),
        Instant.ofEpochSecond(line.getPeriod().getEnd()),
        line.getQuantity() == null ? 0 : line.getQuantity(),
        pricing == null ? null : pricing.getUnitAmountDecimal(),
        line.getAmount() == null ? 0 : line.getAmount(),
        line.getCurrency());
  }

  /** The lines of one invoice, with lines of the same price and period merged into one. */
  static Stream<InvoiceLine> merged(List<InvoiceLine> lines) {
    Map<List<Object>, InvoiceLine> merged = new LinkedHashMap<>();
    lines.stream()
        .filter(line -> line.price != null)
        .forEach(
            line ->
                merged.merge(List.of(line.price, line.start, line.end), line, InvoiceLine::and));
    return Stream.concat(
        lines.stream().filter(line -> line.price == null), merged.values().stream());
  }

  private InvoiceLine and(InvoiceLine other) {
    return new InvoiceLine(
        invoice,
        finalizedAt,
        price,
        start,
        end,
        quantity + other.quantity,
        unit != null && other.unit != null && unit.compareTo(other.unit) == 0 ? unit : null,
        amount + other.amount,
        currency);
  }

  /** Converts an invoice item that names its jobs. */
  static InvoiceLine of(InvoiceItem item) {
    long jobs =
        item.getMetadata().entrySet().stream()
            .filter(entry -> entry.getKey().startsWith(StripeRequests.JOBS))
            .mapToLong(entry -> entry.getValue().split(" ").length)
            .sum();
    var made = Instant.ofEpochSecond(item.getDate());
    var unit =
        BigDecimal.valueOf(item.getAmount())
            .divide(BigDecimal.valueOf(Math.max(1, jobs)), DECIMALS, RoundingMode.HALF_UP);
    return new InvoiceLine(
        item.getInvoice(),
        made,
        null,
        made,
        made,
        jobs,
        unit,
        item.getAmount(),
        item.getCurrency());
  }

  private static @Nullable Instant finalizedAt(Invoice invoice) {
    // A voided invoice requires no payment, so it counts like a draft.
    if ("draft".equals(invoice.getStatus()) || "void".equals(invoice.getStatus())) {
      return null;
    }
    var transitions = invoice.getStatusTransitions();
    var at = transitions == null ? null : transitions.getFinalizedAt();
    return Instant.ofEpochSecond(at == null ? invoice.getCreated() : at);
  }

  /** Whether the invoice is final and requires payment. */
  boolean isFinal() {
    return finalizedAt != null;
  }

  /** Whether the invoice was finalized after this time. */
  boolean isFinalAfter(Instant time) {
    return finalizedAt != null && finalizedAt.isAfter(time);
  }

  /**
   * Whether the line bills the usage of a past period. A subscription's first invoice also has a
   * line for the period that has just begun.
   */
  boolean closes() {
    return finalizedAt != null && !finalizedAt.isBefore(end);
  }

  /**
   * The cost of this many units, in whole smallest units of the currency.
   *
   * @throws IllegalStateException when units have no single price: nothing may be billed at zero by
   *     mistake
   */
  long price(long units) {
    if (unit == null) {
      throw new IllegalStateException("The price " + price + " is none for each unit");
    }
    return unit.multiply(BigDecimal.valueOf(units)).setScale(0, RoundingMode.HALF_UP).longValue();
  }

  /** The cost of one billed unit; the average when the price has tiers. */
  long share() {
    return unit != null || quantity == 0
        ? price(1)
        : BigDecimal.valueOf(amount)
            .divide(BigDecimal.valueOf(quantity), 0, RoundingMode.HALF_UP)
            .longValue();
  }

  /** Whether the line's period contains this time. */
  boolean covers(Instant at) {
    return !at.isBefore(start) && at.isBefore(end);
  }
}
