package io.outpost.worker;

import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.context.annotation.Profile;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;

/**
 * Handles SIGTERM: the worker takes no further jobs (Camel suspends the consumer); running jobs get
 * the grace; jobs that still run afterwards are stopped and released. Thread-safe.
 */
@Profile({"worker", "local"})
@Component
class GracefulStop implements DisposableBean {

  private static final Logger LOG = LoggerFactory.getLogger(GracefulStop.class);

  private final AgentRuns runs;
  private final WorkerSettings settings;
  private final Thread grace = Thread.ofVirtual().name("grace").unstarted(this::releaseAfterGrace);

  GracefulStop(AgentRuns runs, WorkerSettings settings) {
    this.runs = runs;
    this.settings = settings;
  }

  /**
   * Returns at once: the grace runs in parallel to Camel's own shutdown, which waits for the jobs.
   */
  @Order(Ordered.HIGHEST_PRECEDENCE) // Other listeners may wait for AWS.
  @EventListener(ContextClosedEvent.class)
  void stopping() {
    // A separate context of the management port publishes the same event.
    if (grace.getState() == Thread.State.NEW) {
      grace.start();
    }
  }

  /** Ends the grace early, because all jobs have ended. */
  @Override
  public void destroy() {
    grace.interrupt();
  }

  private void releaseAfterGrace() {
    LockSupport.parkNanos(settings.grace().toNanos());
    if (Thread.interrupted()) {
      return;
    }
    if (runs.isBusy()) {
      LOG.info("The grace is over: running jobs are released");
    }
    runs.releaseAll();
  }
}
