package io.outpost.billing;

import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;

/** Stripe did not answer, or the circuit breaker was open. A later call may succeed. */
public final class StripeUnavailable extends RuntimeException {
  private static final long serialVersionUID = 1;

  StripeUnavailable(String why) {
    super("Stripe is unavailable: " + why, null, false, false);
  }

  /**
   * Throws the failure of a call to the route that asked for it. A refusal of Stripe stays a
   * refusal.
   */
  public static void raise(
      @ExchangeProperty(Exchange.EXCEPTION_CAUGHT) Exception cause, Exchange exchange) {
    // The retries have marked the exchange as finally failed. Without the mark, the calling route's
    // own error handling can start.
    exchange.getExchangeExtension().setErrorHandlerHandled(null);
    StripeCall.restore(exchange);
    if (cause instanceof StripeRefusal refusal) {
      throw refusal;
    }
    if (cause instanceof StripeUnavailable unavailable) {
      throw unavailable;
    }
    throw new StripeUnavailable(cause.toString());
  }
}
