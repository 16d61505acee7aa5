package io.outpost.billing;

import com.stripe.model.Subscription;
import com.stripe.model.SubscriptionItem;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The last period of a metered price whose subscription ended before the period was over. If the
 * subscription ended without a last invoice, Stripe does not bill that period
 * (docs.stripe.com/billing/subscriptions/cancel).
 *
 * @param start when the period began
 * @param end when the subscription ended
 * @param unit the price of one unit in the currency's smallest unit; null when units have no single
 *     price
 */
record EndedUse(
    String subscription,
    String price,
    Instant start,
    Instant end,
    @Nullable BigDecimal unit,
    String currency) {

  /**
   * The last periods of an ended subscription. There is none while the subscription is active, and
   * none for a trial.
   */
  static Stream<EndedUse> of(Subscription one) {
    if (!"canceled".equals(one.getStatus()) || one.getEndedAt() == null) {
      return Stream.of();
    }
    return one.getItems().getData().stream()
        .filter(EndedUse::isByUse)
        .filter(
            item -> one.getTrialEnd() == null || one.getTrialEnd() <= item.getCurrentPeriodStart())
        .map(
            item ->
                new EndedUse(
                    one.getId(),
                    item.getPrice().getId(),
                    Instant.ofEpochSecond(item.getCurrentPeriodStart()),
                    Instant.ofEpochSecond(one.getEndedAt()),
                    item.getPrice().getUnitAmountDecimal(),
                    item.getPrice().getCurrency()));
  }

  static boolean isByUse(SubscriptionItem item) {
    var recurring = item.getPrice().getRecurring();
    return recurring != null && "metered".equals(recurring.getUsageType());
  }

  /** Whether an invoice bills this period, or will when it is finalized. */
  boolean isBilledBy(List<InvoiceLine> lines) {
    return lines.stream()
        .filter(line -> price.equals(line.price()) && line.start().equals(start))
        .anyMatch(line -> !line.isFinal() || line.closes());
  }

  /** This period as an invoice line that bills nothing, so that all its jobs count as late. */
  InvoiceLine asLine() {
    return new InvoiceLine(subscription, end, price, start, end, 0, unit, 0, currency);
  }
}
