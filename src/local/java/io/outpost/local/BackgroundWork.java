package io.outpost.local;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.apache.camel.Consumer;
import org.apache.camel.Route;
import org.apache.camel.StatefulService;
import org.apache.camel.support.ScheduledPollConsumer;
import org.apache.camel.support.service.ServiceHelper;

/**
 * The work that an Outpost does without a request: its timers, and its polls of queues. An idle
 * Outpost that several test classes share would use a tenth of a processor until the end of the
 * run, so this work is suspended while no class uses it. Safe for use by many threads.
 */
public final class BackgroundWork {

  /** The beginnings of the addresses of routes that do such work. */
  private static final Set<String> SOURCES = Set.of("timer", "aws2-sqs", "jobs");

  /**
   * SQS holds a poll for at most 20 seconds; a message that it returns is processed within this
   * time.
   */
  private static final Duration LONGEST_POLL = Duration.ofMinutes(1);

  private final CamelContext camel;
  private final List<Consumer> resting = new ArrayList<>();

  /** The background work of an Outpost that has started. */
  public BackgroundWork(LocalOutpost outpost) {
    camel = outpost.context().getBean(CamelContext.class);
  }

  /** Suspends the work: nothing new begins, and what runs is finished. */
  public synchronized void rest() {
    for (var route : camel.getRoutes()) {
      if (isOne(route)) {
        ServiceHelper.suspendService(route.getConsumer());
        resting.add(route.getConsumer());
      }
    }
  }

  /**
   * Waits until no poll that began before the suspension can still take a message. Long polls take
   * their time, so only callers that use the same queues need to wait.
   */
  public synchronized void awaitQuiet() {
    for (var consumer : resting) {
      if (consumer instanceof ScheduledPollConsumer polls) {
        await().atMost(LONGEST_POLL).until(() -> !polls.isPolling());
      }
    }
  }

  /** Resumes the suspended work. */
  public synchronized void goOn() {
    resting.forEach(ServiceHelper::resumeService);
    resting.clear();
  }

  /**
   * Whether to suspend a route. One that is stopped or suspended already stays so, and must not be
   * resumed later.
   */
  private static boolean isOne(Route route) {
    var scheme = route.getEndpoint().getEndpointBaseUri().replaceFirst(":.*", "");
    return SOURCES.contains(scheme)
        && route.getConsumer() instanceof StatefulService service
        && service.isStarted();
  }
}
