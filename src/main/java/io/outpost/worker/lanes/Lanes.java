package io.outpost.worker.lanes;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Stride scheduling over lanes: each turn increases a lane's pass, by less the greater its weight,
 * and the lane with the lowest pass is next. A lane that is empty saves no turns for later, so its
 * share goes to the others. Thread-safe: slots that choose at the same time see each other's
 * choices.
 */
final class Lanes {

  private final long[] pass;
  private final long[] stride;

  Lanes(List<Integer> weights) {
    long all = weights.stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact);
    stride = weights.stream().mapToLong(weight -> all / weight).toArray();
    pass = new long[stride.length];
  }

  /** Polls a lane for a job, without waiting; null when it has none. */
  interface Source<T> {
    @Nullable T from(int lane) throws Exception;
  }

  /** A job of the first non-empty lane in the order of turns; null when all are empty. */
  <T> @Nullable T take(Source<T> jobs) throws Exception {
    int empty = 0;
    for (int lane; (lane = choose(empty)) >= 0; empty |= 1 << lane) {
      T job = null;
      try {
        job = jobs.from(lane);
      } finally {
        if (job == null) {
          giveTurnBack(lane);
        }
      }
      if (job != null) {
        catchUp(empty, lane);
        return job;
      }
    }
    startEven();
    return null;
  }

  /**
   * The lane whose turn it is; -1 when all are empty. {@code empty} has one bit for each lane that
   * was found empty.
   */
  private synchronized int choose(int empty) {
    int best = -1;
    for (int i = 0; i < pass.length; i++) {
      if ((empty & 1 << i) == 0 && (best < 0 || after(i) < after(best))) {
        best = i;
      }
    }
    if (best >= 0) {
      pass[best] = after(best);
    }
    return best;
  }

  private synchronized void giveTurnBack(int lane) {
    pass[lane] = Math.max(0, pass[lane] - stride[lane]);
  }

  /** Lanes that were found empty in this choice must not save their turns for later. */
  private synchronized void catchUp(int empty, int lane) {
    for (int i = 0; i < pass.length; i++) {
      if ((empty & 1 << i) != 0) {
        pass[i] = Math.max(pass[i], pass[lane]);
      }
    }
  }

  /**
   * Resets all passes, because all lanes are empty and the next busy period should start evenly.
   */
  private synchronized void startEven() {
    Arrays.fill(pass, 0);
  }

  private long after(int lane) {
    return pass[lane] + stride[lane];
  }
}
