package io.outpost.worker.lanes;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.Processor;
import org.apache.camel.Suspendable;
import org.apache.camel.support.DefaultConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.SdkException;

/**
 * Takes messages from the lanes. Slots short-poll the lanes in the order of their turns. Only while
 * a slot is idle does one watcher for each lane long-poll. On shutdown Camel suspends the consumer
 * first: then no job starts any more, and running jobs may end.
 */
class JobsConsumer extends DefaultConsumer implements Suspendable {

  private static final Logger LOG = LoggerFactory.getLogger(JobsConsumer.class);
  private static final Duration AFTER_A_FAULT = Duration.ofSeconds(1);
  private static final Duration FOR_A_FREE_SLOT = Duration.ofSeconds(1);

  private final JobsEndpoint endpoint;
  private final JobsComponent component;
  private final List<String> names;
  private final Lanes lanes;
  private final SynchronousQueue<Delivery> handover = new SynchronousQueue<>();
  private final Semaphore idleSlots = new Semaphore(0);
  private final PollThreads waiting = new PollThreads();
  private final PollThreads receiving = new PollThreads();

  /** Since when each free slot can take a job. */
  private final Map<Integer, Instant> freeSince = new ConcurrentHashMap<>();

  /** The users of heartbeats and inbox: the consumer itself, and each running job. */
  private final AtomicInteger users = new AtomicInteger(1);

  @SuppressWarnings("NullAway.Init") // Camel starts the consumer before it takes messages.
  private Inbox inbox;

  @SuppressWarnings("NullAway.Init") // Set when Camel starts the consumer.
  private ScheduledExecutorService clock;

  private volatile @Nullable Object session;

  JobsConsumer(JobsEndpoint endpoint, JobsComponent component, Processor processor) {
    super(endpoint, processor);
    this.endpoint = endpoint;
    this.component = component;
    this.names = new ArrayList<>(endpoint.lanes().keySet());
    this.lanes = new Lanes(new ArrayList<>(endpoint.lanes().values()));
  }

  @Override
  protected void doStart() throws Exception {
    super.doStart();
    clock =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("jobs-heartbeat").factory());
    inbox = new Inbox(this, endpoint, component, names, clock);
    begin();
  }

  @Override
  protected void doResume() {
    begin();
  }

  @Override
  protected void doSuspend() throws Exception {
    end();
  }

  @Override
  protected void doStop() throws Exception {
    end();
    super.doStop();
  }

  @Override
  protected void doShutdown() throws Exception {
    if (clock != null) {
      inbox.close();
      endHeartbeatsAfterTheLast();
    }
    super.doShutdown();
  }

  /**
   * Stops heartbeats and inbox after their last user: when a route is replaced, jobs of the old one
   * may still run.
   */
  private void endHeartbeatsAfterTheLast() {
    if (users.decrementAndGet() == 0) {
      clock.shutdownNow();
      inbox.close();
    }
  }

  private void begin() {
    var mine = new Object();
    session = mine;
    freeSince.clear();
    waiting.open();
    receiving.open();
    for (int i = 0; i < endpoint.getSlots(); i++) {
      int slot = i;
      Thread.ofVirtual().name("slot-" + i).start(() -> repeat(mine, () -> serve(slot)));
    }
    for (int i = 0; i < names.size(); i++) {
      int lane = i;
      Thread.ofVirtual().name("watch-" + names.get(i)).start(() -> repeat(mine, () -> watch(lane)));
    }
  }

  /**
   * Ends receiving. Waits a little for open long polls, because an aborted one can hide a message
   * until its visibility timeout ends.
   */
  private void end() throws InterruptedException {
    session = null;
    waiting.close();
    receiving.awaitEmpty(Math.min(endpoint.getWaitTimeSeconds(), 3) * 1000L);
    receiving.close();
  }

  private interface Step {
    void run() throws Exception;
  }

  private void repeat(Object mine, Step step) {
    while (isCurrent(mine)) {
      try {
        step.run();
      } catch (InterruptedException e) {
        // The consumer stops; the loop's condition ends the loop.
      } catch (Exception e) {
        if (isCurrent(mine)) {
          LOG.warn(
              "Cannot take jobs; trying again in {} s: {}",
              AFTER_A_FAULT.toSeconds(),
              e.toString());
          pauseAfterFault();
        }
      }
    }
  }

  @SuppressWarnings("ReferenceEquality") // Sessions are compared by identity.
  private boolean isCurrent(Object mine) {
    return session == mine;
  }

  private void pauseAfterFault() {
    try {
      waiting.in(
          () -> new Semaphore(0).tryAcquire(AFTER_A_FAULT.toMillis(), TimeUnit.MILLISECONDS));
    } catch (Exception e) {
      // The consumer stops.
    }
  }

  /**
   * Takes the slot first, because only its holder may check it: the check kills the processes that
   * remain there.
   */
  private void serve(int slot) throws Exception {
    if (!component.take(slot)) {
      pauseAfterFault();
      return;
    }
    try {
      serveTaken(slot);
    } finally {
      component.free(slot);
    }
  }

  private void serveTaken(int slot) throws Exception {
    if (!component.isUsable(slot)) {
      freeSince.remove(slot);
      pauseAfterFault();
      return;
    }
    // The time stays the same after a fault, because a job that waits for an unreadable queue waits
    // for us.
    var free = freeSince.computeIfAbsent(slot, any -> Instant.now());
    var delivery = next();
    if (session == null) {
      inbox.giveBack(delivery);
      return;
    }
    users.incrementAndGet();
    try {
      freeSince.remove(slot);
      inbox.process(delivery, slot, free);
    } finally {
      endHeartbeatsAfterTheLast();
    }
  }

  private Delivery next() throws Exception {
    var delivery = handover.poll();
    if (delivery == null) {
      delivery = lanes.take(lane -> receive(lane, 0));
    }
    if (delivery != null) {
      return delivery;
    }
    idleSlots.release();
    try {
      return waiting.in(handover::take);
    } finally {
      idleSlots.acquireUninterruptibly();
    }
  }

  /** A message of a lane; null when there is none, or when the lane is unreadable. */
  private @Nullable Delivery receive(int lane, int waitSeconds) {
    var queue = inbox.queue(lane);
    if (!component.faults().pause(queue).isZero()) {
      return null;
    }
    try {
      var delivery = inbox.receive(lane, waitSeconds);
      component.faults().worked(queue);
      return delivery;
    } catch (AbortedException e) {
      throw e;
    } catch (SdkException e) {
      component.faults().failed(queue, e);
      return null;
    }
  }

  /**
   * Waits for an idle slot, then for a message. When another lane has taken the last idle slot
   * meanwhile, the message goes back to its queue.
   */
  private void watch(int lane) throws Exception {
    waiting.in(
        () -> {
          idleSlots.acquire();
          idleSlots.release();
          return null;
        });
    var pause = component.faults().pause(inbox.queue(lane));
    if (!pause.isZero()) {
      waiting.in(() -> new Semaphore(0).tryAcquire(pause.toMillis(), TimeUnit.MILLISECONDS));
    }
    var delivery = receiving.in(() -> receive(lane, endpoint.getWaitTimeSeconds()));
    if (delivery == null) {
      return;
    }
    var taken = false;
    try {
      taken =
          waiting.in(
              () -> handover.offer(delivery, FOR_A_FREE_SLOT.toMillis(), TimeUnit.MILLISECONDS));
    } finally {
      if (!taken) {
        inbox.giveBack(delivery);
      }
    }
  }
}
