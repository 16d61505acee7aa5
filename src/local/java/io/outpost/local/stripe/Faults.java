package io.outpost.local.stripe;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Random;

/** What the stub is told to get wrong. Safe for use by many threads. */
public final class Faults {
  /** A way to fail. */
  public enum Fault {
    /** 429 before anything happened. */
    RATE_LIMITED,
    /** 429 {@code lock_timeout} before anything happened. */
    LOCK_TIMEOUT,
    /** 429 with the wish that nobody asks again for an hour, by {@code Retry-After}. */
    BUSY_FOR_AN_HOUR,
    /** 500, and {@code Stripe-Should-Retry: false} (docs.stripe.com/error-low-level). */
    NOT_AGAIN,
    /** 500 before anything happened; the answer stays with the idempotency key. */
    SERVER_ERROR,
    /** 500 after everything happened; the answer stays with the idempotency key. */
    SERVER_ERROR_AFTER,
    /** A proxy on the way answers 302 before anything happened. */
    REDIRECTED,
    /** A proxy on the way answers 408 with a page before anything happened. */
    REQUEST_TIMEOUT,
    /** The effect happens, the answer comes byte by byte and never ends. */
    TRICKLE,
    /** The effect happens, the answer never comes. */
    TIMEOUT,
    /** The effect happens, the connection closes without an answer. */
    DROPPED;

    /** What the answer says besides. */
    Map<String, String> headers() {
      return switch (this) {
        case BUSY_FOR_AN_HOUR -> Map.of("Retry-After", "3600");
        case NOT_AGAIN -> Map.of("Stripe-Should-Retry", "false");
        case REDIRECTED -> Map.of("Location", "/v1/customers");
        default -> Map.of();
      };
    }

    /** The status of a proxy that answers in Stripe's place, or 0. */
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

  /** Fails the next {@code times} calls. */
  public void next(int times, Fault fault) {
    next(times, fault, "/");
  }

  /** Fails the next {@code times} calls whose path starts with {@code pathPrefix}. */
  public void next(int times, Fault fault, String pathPrefix) {
    next(times, fault, null, pathPrefix);
  }

  /** Fails the next {@code times} calls of a method whose path starts with {@code pathPrefix}. */
  public synchronized void next(int times, Fault fault, String method, String pathPrefix) {
    for (int i = 0; i < times; i++) {
      planned.add(new Planned(method, pathPrefix, fault));
    }
  }

  /** From now on fails each call with probability {@code share}, drawn from {@code seed}. */
  public synchronized void sometimes(double share, long seed, Fault... faults) {
    this.share = share;
    this.random = new Random(seed);
    this.sometimes = faults.clone();
  }

  /** From now on all is well. */
  public synchronized void none() {
    planned.clear();
    share = 0;
  }

  /** The fault of this call, or null. */
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
