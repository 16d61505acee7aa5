package io.outpost.routes;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * Runs an installation's own interceptions beside the flows that they watch. When too many are
 * running, they miss the next message, so that no flow ever waits. Thread-safe.
 */
@Component("watchers")
class Watchers extends AbstractExecutorService {

  private static final Logger LOG = LoggerFactory.getLogger(Watchers.class);
  private static final int AT_ONCE = 1000;

  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("watch-", 0).factory());
  private final Semaphore free = new Semaphore(AT_ONCE);
  private final Counter dropped;

  Watchers(MeterRegistry metrics) {
    dropped = metrics.counter("outpost.routes.watch.dropped");
  }

  @Override
  public void execute(Runnable task) {
    if (!free.tryAcquire()) {
      dropped.increment();
      LOG.warn("{} interceptions are running: a message is not passed to them", AT_ONCE);
      return;
    }
    threads.execute(
        () -> {
          try {
            task.run();
          } finally {
            free.release();
          }
        });
  }

  @Override
  public void shutdown() {
    threads.shutdown();
  }

  @Override
  public List<Runnable> shutdownNow() {
    return threads.shutdownNow();
  }

  @Override
  public boolean isShutdown() {
    return threads.isShutdown();
  }

  @Override
  public boolean isTerminated() {
    return threads.isTerminated();
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
    return threads.awaitTermination(timeout, unit);
  }
}
