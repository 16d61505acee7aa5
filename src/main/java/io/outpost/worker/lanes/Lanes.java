package io.outpost.worker.lanes;

import java.util.Arrays;
import java.util.List;

/**
 * Stride scheduling over lanes: a lane's pass grows by 1/weight with each job it is served, and the
 * lowest pass is next. An empty lane keeps no credit, so its share serves the others. Thread-safe.
 */
final class Lanes {

  private final double[] pass;
  private final double[] weight;

  Lanes(List<Integer> weights) {
    weight = weights.stream().mapToDouble(Integer::doubleValue).toArray();
    pass = new double[weight.length];
  }

  int size() {
    return weight.length;
  }

  /**
   * The lane to try next.
   *
   * @param tried a bit for each lane already found empty in this round
   * @return -1 when all were
   */
  synchronized int next(int tried) {
    int best = -1;
    for (int i = 0; i < pass.length; i++) {
      if ((tried & 1 << i) == 0 && (best < 0 || after(i) < after(best))) {
        best = i;
      }
    }
    return best;
  }

  /** A lane gave a job. Lanes found empty before it catch up, so that they cannot save up turns. */
  synchronized void served(int lane, int empty) {
    pass[lane] = after(lane);
    for (int i = 0; i < pass.length; i++) {
      if ((empty & 1 << i) != 0) {
        pass[i] = Math.max(pass[i], pass[lane]);
      }
    }
  }

  /** Nothing was anywhere: the next busy period starts even. */
  synchronized void idle() {
    Arrays.fill(pass, 0);
  }

  private double after(int lane) {
    return pass[lane] + 1 / weight[lane];
  }
}
