package io.outpost.telemetry;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The value of a gauge that somebody measures now and then. One that was not measured lately has
 * none: who measures changes, and what cannot be measured is not as it was. Thread-safe.
 */
public final class Reading {

  private static final long FRESH = Duration.ofMinutes(10).toNanos();

  private record Measured(double value, long at) {}

  private volatile @Nullable Measured last;

  /** It is that much now. */
  public void set(double value) {
    last = new Measured(value, System.nanoTime());
  }

  double value() {
    var measured = last;
    return measured == null || System.nanoTime() - measured.at > FRESH
        ? Double.NaN
        : measured.value;
  }
}
