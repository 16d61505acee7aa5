package io.outpost.worker.lanes;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Callable;

/**
 * The threads that wait for messages and may be interrupted when the consumer stops. They never run
 * a job.
 */
final class PollThreads {

  private final Set<Thread> threads = new HashSet<>();
  private boolean open;

  synchronized void open() {
    open = true;
  }

  /** Interrupts all waiting threads and refuses new ones. */
  synchronized void close() {
    open = false;
    threads.forEach(Thread::interrupt);
  }

  /** Waits until no such thread is left, or the time is over. */
  synchronized void awaitEmpty(long millis) throws InterruptedException {
    var end = System.nanoTime() + millis * 1_000_000;
    for (long left; !threads.isEmpty() && (left = end - System.nanoTime()) > 0; ) {
      wait(left / 1_000_000 + 1);
    }
  }

  /** Runs a wait that {@link #close} may interrupt. */
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
