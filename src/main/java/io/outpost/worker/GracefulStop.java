package io.outpost.worker;

import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.context.annotation.Profile;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/**
 * On SIGTERM: taking jobs stops at once (Camel suspends the consumer), running jobs get a grace,
 * what then still runs is stopped and handed back. Thread-safe.
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

  /** Returns at once: the grace runs beside Camel's own shutdown, which waits for the jobs. */
  @EventListener(ContextClosedEvent.class)
  void stopping() {
    // The pages' own context, where there is one, says that it closes, too.
    if (grace.getState() == Thread.State.NEW) {
      grace.start();
    }
  }

  /** Nothing runs any more. */
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
