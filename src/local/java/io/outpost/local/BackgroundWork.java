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
 * What an Outpost does unasked: its timers, and its polls of queues. An idle one that several test
 * classes share would take a tenth of a processor until the end of the run; it rests while no class
 * uses it. Safe for use by many threads.
 */
public final class BackgroundWork {

  /** How the addresses begin where such work comes from. */
  private static final Set<String> SOURCES = Set.of("timer", "aws2-sqs", "jobs");

  /** SQS holds a poll for 20 seconds at most; what it brings is taken in by then. */
  private static final Duration LONGEST_POLL = Duration.ofMinutes(1);

  private final CamelContext camel;
  private final List<Consumer> resting = new ArrayList<>();

  /** That of an Outpost that has started. */
  public BackgroundWork(LocalOutpost outpost) {
    camel = outpost.context().getBean(CamelContext.class);
  }

  /** Has it begin nothing more; what runs goes on. */
  public synchronized void rest() {
    for (var route : camel.getRoutes()) {
      if (isOne(route)) {
        ServiceHelper.suspendService(route.getConsumer());
        resting.add(route.getConsumer());
      }
    }
  }

  /**
   * Waits until no poll that had begun before it rested can still take a message. At rest already;
   * long polls take their time, so only who shares its queues waits for that.
   */
  public synchronized void awaitQuiet() {
    for (var consumer : resting) {
      if (consumer instanceof ScheduledPollConsumer polls) {
        await().atMost(LONGEST_POLL).until(() -> !polls.isPolling());
      }
    }
  }

  /** Has it go on where it rests. */
  public synchronized void goOn() {
    resting.forEach(ServiceHelper::resumeService);
    resting.clear();
  }

  /** A route that is stopped or suspended already is left so. */
  private static boolean isOne(Route route) {
    var scheme = route.getEndpoint().getEndpointBaseUri().replaceFirst(":.*", "");
    return SOURCES.contains(scheme)
        && route.getConsumer() instanceof StatefulService service
        && service.isStarted();
  }
}
