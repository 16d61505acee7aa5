package io.outpost.billing;

import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;

/** Stripe did not answer, or the circuit breaker was open: a later call may succeed. */
public final class StripeUnavailable extends RuntimeException {
  private static final long serialVersionUID = 1;

  StripeUnavailable(String why) {
    super("Stripe is unavailable: " + why, null, false, false);
  }

  /** Throws the failure of a call; a refusal of Stripe stays a refusal. */
  public static void raise(
      @ExchangeProperty(Exchange.EXCEPTION_CAUGHT) Exception cause, Exchange exchange) {
    // The exchange is marked as finally failed by the retries; for the caller, error handling
    // starts again.
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
