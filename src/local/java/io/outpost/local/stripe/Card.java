package io.outpost.local.stripe;

/** How a payment with a customer's card ends (docs.stripe.com/testing). */
public enum Card {
  /** The payment succeeds. */
  PAYS,
  /** The bank declines the payment. */
  DECLINES,
  /** The bank asks the cardholder to confirm the payment (3D Secure). */
  ASKS
}
