package io.outpost.worker.lanes;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Callable;

/**
 * Threads that wait for something and may be interrupted when the consumer stops; never one that
 * runs a job.
 */
final class PollThreads {

  private final Set<Thread> threads = new HashSet<>();
  private boolean open;

  synchronized void open() {
    open = true;
  }

  /** No more waiting: whoever waits is interrupted, whoever comes is refused. */
  synchronized void close() {
    open = false;
    threads.forEach(Thread::interrupt);
  }

  /** Waits until nobody waits any more. */
  synchronized void awaitEmpty(long millis) throws InterruptedException {
    var end = System.nanoTime() + millis * 1_000_000;
    for (long left; !threads.isEmpty() && (left = end - System.nanoTime()) > 0; ) {
      wait(left / 1_000_000 + 1);
    }
  }

  /** Runs a wait that {@link #close} may end with an InterruptedException. */
  <T> T in(Callable<T> wait) throws Exception {
    synchronized (this) {
      if (!open) {
        throw new InterruptedException();
      }
      threads.add(Thread.currentThread());
    }
    try {
      return wait.call();
    } finally {
      synchronized (this) {
        threads.remove(Thread.currentThread());
        Thread.interrupted();
        notifyAll();
      }
    }
  }
}
