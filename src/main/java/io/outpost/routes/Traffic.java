package io.outpost.routes;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/**
 * The traffic of a route or a step since the start: count, times, failures, and messages in
 * progress. Times are counted in buckets of an eighth of an octave. Thread-safe.
 */
final class Traffic {

  private static final int IN_AN_OCTAVE = 8;
  private static final double LAST = 0.99;

  private final LongAdder begun = new LongAdder();
  private final LongAdder ended = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final LongAdder nanos = new LongAdder();
  private final AtomicLongArray classes = new AtomicLongArray(Long.SIZE * IN_AN_OCTAVE);

  /** A message enters. */
  long begin() {
    begun.increment();
    return System.nanoTime();
  }

  /** A message leaves. */
  void end(long since, boolean hasFailed) {
    var took = Math.max(1, System.nanoTime() - since);
    ended.increment();
    nanos.add(took);
    classes.incrementAndGet(classOf(took));
    if (hasFailed) {
      failed.increment();
    }
  }

  long count() {
    return ended.sum();
  }

  long failures() {
    return failed.sum();
  }

  long underway() {
    return Math.max(0, begun.sum() - ended.sum());
  }

  /** The mean time in milliseconds; 0 before the first message. */
  double mean() {
    var count = count();
    return count == 0 ? 0 : nanos.sum() / 1e6 / count;
  }

  /** The 99th percentile of times in milliseconds, at most a tenth too high. */
  double p99() {
    long all = 0;
    for (int i = 0; i < classes.length(); i++) {
      all += classes.get(i);
    }
    long below = 0;
    for (int i = 0; i < classes.length(); i++) {
      below += classes.get(i);
      if (all > 0 && below >= all * LAST) {
        return upperEnd(i) / 1e6;
      }
    }
    return 0;
  }

  private static int classOf(long took) {
    var octave = Long.SIZE - 1 - Long.numberOfLeadingZeros(took);
    var within = octave < 3 ? 0 : (int) ((took >>> (octave - 3)) & (IN_AN_OCTAVE - 1));
    return octave * IN_AN_OCTAVE + within;
  }

  private static double upperEnd(int index) {
    return Math.pow(2, Math.floorDiv(index, IN_AN_OCTAVE))
        * (1 + (index % IN_AN_OCTAVE + 1) / (double) IN_AN_OCTAVE);
  }
}
