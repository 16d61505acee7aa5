package io.outpost.billing;

import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;

/** Stripe did not answer, or we did not ask because it has not been answering: later may do. */
public final class StripeUnavailable extends RuntimeException {
  private static final long serialVersionUID = 1;

  StripeUnavailable(String why) {
    super("Stripe is unavailable: " + why, null, false, false);
  }

  /** Throws what the failed call says; a refusal of Stripe's stays what it is. */
  public static void raise(
      @ExchangeProperty(Exchange.EXCEPTION_CAUGHT) Exception cause, Exchange exchange) {
    // The retries gave up on this exchange for good; here its caller's error handling begins anew.
    exchange.getExchangeExtension().setErrorHandlerHandled(null);
    if (cause instanceof StripeRefusal refusal) {
      throw refusal;
    }
    if (cause instanceof StripeUnavailable unavailable) {
      throw unavailable;
    }
    throw new StripeUnavailable(cause.toString());
  }
}
