package io.outpost.telemetry;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The value of a gauge that is measured from time to time. Ten minutes after the last measurement
 * the gauge has no value any more: another container may measure now, so the old value would be
 * wrong. Thread-safe.
 */
public final class Reading {

  private static final long FRESH = Duration.ofMinutes(10).toNanos();

  private record Measured(double value, long at) {}

  private volatile @Nullable Measured last;

  /** Sets the value that was just measured. */
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
