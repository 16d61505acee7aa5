package io.outpost.local;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;

/** Runs a task many times in parallel; all start at the same moment. */
public final class AtOnce {

  private AtOnce() {}

  /** The results by the number of the run, from 0. */
  public static <T> List<T> times(int times, IntFunction<T> task) {
    var ready = new CountDownLatch(times);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var tasks = new ArrayList<Callable<T>>();
      for (int i = 0; i < times; i++) {
        var number = i;
        tasks.add(
            () -> {
              ready.countDown();
              ready.await();
              return task.apply(number);
            });
      }
      var results = new ArrayList<T>();
      for (Future<T> future : threads.invokeAll(tasks)) {
        results.add(future.get());
      }
      return results;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("One of them failed", e.getCause());
    }
  }
}
