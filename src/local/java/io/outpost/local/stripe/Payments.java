package io.outpost.local.stripe;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Decides whose card pays, when a failed payment is tried again, and what becomes of a subscription
 * when all attempts have failed (docs.stripe.com/billing/revenue-recovery/smart-retries, custom
 * retry schedule).
 */
final class Payments {
  /** How long a first payment may take; after that the subscription expires. */
  static final long FIRST_PAYMENT = Duration.ofHours(23).toSeconds();

  private static final List<Duration> PAUSES =
      List.of(Duration.ofDays(3), Duration.ofDays(5), Duration.ofDays(7));

  private final Map<String, Card> cards = new HashMap<>();
  private String end = "canceled";

  /** From now on a customer's payments end as this card decides. */
  void card(String customer, Card card) {
    cards.put(customer, card);
  }

  Card card(String customer) {
    return cards.getOrDefault(customer, Card.PAYS);
  }

  /** What becomes of a subscription after the last attempt: canceled, unpaid or past_due. */
  void end(String status) {
    end = status;
  }

  String end() {
    return end;
  }

  /** Schedules the next attempt to pay an invoice; false when there were enough. */
  static boolean again(ObjectNode invoice, long now) {
    int failed = invoice.get("attempt_count").asInt();
    boolean again = failed <= PAUSES.size() && invoice.path("auto_advance").asBoolean();
    if (again) {
      invoice.put("next_payment_attempt", now + PAUSES.get(failed - 1).toSeconds());
    } else {
      invoice.putNull("next_payment_attempt");
    }
    return again;
  }
}
