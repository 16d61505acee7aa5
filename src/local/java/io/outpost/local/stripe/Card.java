package io.outpost.local.stripe;

/** What becomes of a payment with a customer's card (docs.stripe.com/testing). */
public enum Card {
  /** It pays. */
  PAYS,
  /** Its bank declines. */
  DECLINES,
  /** Its bank wants the cardholder to confirm, by 3D Secure. */
  ASKS
}
