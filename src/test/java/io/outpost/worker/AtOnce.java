package io.outpost.worker;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;

/** Runs steps at the same time, each a random moment of up to five milliseconds later. */
final class AtOnce {

  private static final int LATEST_NANOS = 5_000_000;

  private AtOnce() {}

  /** A step. */
  interface Step {
    void run() throws Exception;
  }

  /** Returns when all have ended; throws the failure of one. */
  static void run(List<Step> steps) throws Exception {
    var start = new CyclicBarrier(steps.size());
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var running = new ArrayList<Future<?>>();
      for (var step : steps) {
        running.add(
            threads.submit(
                () -> {
                  start.await();
                  LockSupport.parkNanos(ThreadLocalRandom.current().nextInt(LATEST_NANOS));
                  step.run();
                  return null;
                }));
      }
      for (var one : running) {
        one.get();
      }
    }
  }
}
