package io.outpost.billing;

import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.jspecify.annotations.Nullable;

/**
 * One round of reports to Stripe. What is wrong with our account stops the whole round, what is
 * wrong with one customer stops that customer's. Thread-safe.
 */
public final class UsageRun {
  private volatile @Nullable String stoppedFor;

  /** A new round. */
  public static UsageRun begin() {
    return new UsageRun();
  }

  /** Whether nothing more is to be sent in this round. */
  public boolean isStopped() {
    return stoppedFor != null;
  }

  /** Why the round was stopped; null while it was not. */
  public @Nullable String getStoppedFor() {
    return stoppedFor;
  }

  /** Sends nothing more in this round. */
  public void stop(@Nullable String why) {
    stoppedFor = why;
  }

  /**
   * What a failed report means for the rest: {@code customer} when the customer is not there,
   * {@code account} when our account is at fault (the round is stopped), {@code later} for all
   * else.
   */
  public static String judge(
      @ExchangeProperty("usageRun") UsageRun run,
      @ExchangeProperty(Exchange.EXCEPTION_CAUGHT) Exception failure) {
    StripeRefusal refusal = StripeRefusal.in(failure);
    if (refusal == null) {
      return "later";
    }
    if (refusal.isAboutCustomer()) {
      return "customer";
    }
    run.stop(refusal.getMessage() + ": " + refusal.text());
    return "account";
  }
}
