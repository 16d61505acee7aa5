package io.outpost.billing;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Component;

/** Our secret key at Stripe. It is used only in the header that needs it. Immutable. */
@Component("stripeCredentials")
public final class StripeCredentials {
  private final String secretKey;

  @Autowired
  StripeCredentials(StripeSettings settings) {
    this(settings.secretKey());
  }

  StripeCredentials(String secretKey) {
    this.secretKey = secretKey;
  }

  /** Whether a secret key is set. */
  public boolean present() {
    return secretKey != null && !secretKey.isBlank();
  }

  /** The value of the Authorization header. */
  public String authorization() {
    if (!present()) {
      throw new StripeUnavailable("no secret key is set");
    }
    return "Bearer " + secretKey;
  }

  @Override
  public String toString() {
    return "StripeCredentials";
  }
}
