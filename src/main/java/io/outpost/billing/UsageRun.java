package io.outpost.billing;

import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.jspecify.annotations.Nullable;

/**
 * One round of usage reports to Stripe. A fault of our account stops the whole round; a fault of
 * one customer stops only that customer's reports. Thread-safe.
 */
public final class UsageRun {
  private volatile @Nullable String stoppedFor;

  /** A new round. */
  public static UsageRun begin() {
    return new UsageRun();
  }

  /** Whether the round was stopped. */
  public boolean isStopped() {
    return stoppedFor != null;
  }

  /** Why the round was stopped; null while it goes on. */
  public @Nullable String getStoppedFor() {
    return stoppedFor;
  }

  /** Stops this round. */
  public void stop(@Nullable String why) {
    stoppedFor = why;
  }

  /**
   * Decides what a failed report means: {@code customer} when the customer does not exist, {@code
   * account} when our account is at fault (this also stops the round), {@code later} otherwise.
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
