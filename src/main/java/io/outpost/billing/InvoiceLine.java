package io.outpost.billing;

import com.stripe.model.Invoice;
import com.stripe.model.InvoiceLineItem;
import java.math.BigDecimal;
import java.time.Instant;

/**
 * What one line of an invoice bills: so many units of a price over a stretch of time.
 *
 * @param invoice the invoice's id
 * @param isFinal whether the invoice can change no more
 * @param price the price's id
 * @param start from when its usage was counted (within), until {@code end}
 * @param unitAmount the price of one unit in the currency's smallest unit, rounded to whole ones
 */
public record InvoiceLine(
    String invoice,
    boolean isFinal,
    String price,
    Instant start,
    Instant end,
    long quantity,
    long unitAmount,
    String currency) {

  /** Reads a line; its price is null where it bills no price. */
  static InvoiceLine of(Invoice invoice, InvoiceLineItem line) {
    var pricing = line.getPricing();
    var details = pricing == null ? null : pricing.getPriceDetails();
    BigDecimal unit = pricing == null ? null : pricing.getUnitAmountDecimal();
    return new InvoiceLine(
        invoice.getId(),
        !"draft".equals(invoice.getStatus()),
        details == null ? null : details.getPrice(),
        Instant.ofEpochSecond(line.getPeriod().getStart()),
        Instant.ofEpochSecond(line.getPeriod().getEnd()),
        line.getQuantity() == null ? 0 : line.getQuantity(),
        unit == null ? 0 : unit.setScale(0, java.math.RoundingMode.HALF_UP).longValue(),
        line.getCurrency());
  }

  /** Whether it bills what was used at a time. */
  boolean covers(Instant at) {
    return !at.isBefore(start) && at.isBefore(end);
  }
}
