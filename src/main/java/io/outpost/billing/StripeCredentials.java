package io.outpost.billing;

/** Our secret key at Stripe; it appears in the one header that needs it and nowhere else. */
public final class StripeCredentials {
  private final String secretKey;

  /** Uses a key such as {@code sk_live_…}. */
  public StripeCredentials(String secretKey) {
    this.secretKey = secretKey;
  }

  /** The value of the Authorization header. */
  public String authorization() {
    return "Bearer " + secretKey;
  }

  @Override
  public String toString() {
    return "StripeCredentials";
  }
}
