package io.outpost.local.stripe;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Random;

/** The faults that a test makes the stub show. Safe for use by many threads. */
public final class Faults {
  /** A way to fail. */
  public enum Fault {
    /** 429, without an effect. */
    RATE_LIMITED,
    /** 429 {@code lock_timeout}, without an effect. */
    LOCK_TIMEOUT,
    /** 429 with {@code Retry-After}: the next attempt should come in an hour. */
    BUSY_FOR_AN_HOUR,
    /** 500 with {@code Stripe-Should-Retry: false} (docs.stripe.com/error-low-level). */
    NOT_AGAIN,
    /** 500 without an effect; the answer is stored for the idempotency key. */
    SERVER_ERROR,
    /** 500 after the effect; the answer is stored for the idempotency key. */
    SERVER_ERROR_AFTER,
    /** A proxy answers 302; Stripe does not get the call. */
    REDIRECTED,
    /** A proxy answers 408 with an HTML page; Stripe does not get the call. */
    REQUEST_TIMEOUT,
    /** The call has its effect; the answer comes byte by byte and never ends. */
    TRICKLE,
    /** The call has its effect; the answer never comes. */
    TIMEOUT,
    /** The call has its effect; the connection closes without an answer. */
    DROPPED;

    /** Further headers of the answer. */
    Map<String, String> headers() {
      return switch (this) {
        case BUSY_FOR_AN_HOUR -> Map.of("Retry-After", "3600");
        case NOT_AGAIN -> Map.of("Stripe-Should-Retry", "false");
        case REDIRECTED -> Map.of("Location", "/v1/customers");
        default -> Map.of();
      };
    }

    /** The status with which a proxy answers in Stripe's place; 0: no proxy answers. */
    int ofProxy() {
      return switch (this) {
        case REDIRECTED -> 302;
        case REQUEST_TIMEOUT -> 408;
        default -> 0;
      };
    }
  }

  private record Planned(String method, String pathPrefix, Fault fault) {
    boolean fits(String called, String path) {
      return path.startsWith(pathPrefix) && (method == null || method.equals(called));
    }
  }

  private final Deque<Planned> planned = new ArrayDeque<>();
  private Fault[] sometimes = {};
  private double share;
  private Random random = new Random(0);

  /** Makes the next {@code times} calls fail. */
  public void next(int times, Fault fault) {
    next(times, fault, "/");
  }

  /** Makes the next {@code times} calls fail whose path starts with {@code pathPrefix}. */
  public void next(int times, Fault fault, String pathPrefix) {
    next(times, fault, null, pathPrefix);
  }

  /**
   * Makes the next {@code times} calls of a method fail whose path starts with {@code pathPrefix}.
   */
  public synchronized void next(int times, Fault fault, String method, String pathPrefix) {
    for (int i = 0; i < times; i++) {
      planned.add(new Planned(method, pathPrefix, fault));
    }
  }

  /**
   * From now on each call fails with probability {@code share}; the random numbers start from
   * {@code seed}.
   */
  public synchronized void sometimes(double share, long seed, Fault... faults) {
    this.share = share;
    this.random = new Random(seed);
    this.sometimes = faults.clone();
  }

  /** From now on no call fails. */
  public synchronized void none() {
    planned.clear();
    share = 0;
  }

  /** The fault for this call, or null. */
  synchronized Fault draw(String method, String path) {
    for (Planned plan : planned) {
      if (plan.fits(method, path)) {
        planned.remove(plan);
        return plan.fault();
      }
    }
    boolean unlucky = sometimes.length > 0 && random.nextDouble() < share;
    return unlucky ? sometimes[random.nextInt(sometimes.length)] : null;
  }
}
