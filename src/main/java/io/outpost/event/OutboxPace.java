package io.outpost.event;

import io.outpost.kernel.Ids;
import io.outpost.store.Change;
import io.outpost.store.ChangeFeed;
import io.outpost.store.ChangeFeed.Announcement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.core.env.Environment;
import org.springframework.core.env.Profiles;
import org.springframework.stereotype.Component;

/**
 * Decides when a worker reads the outbox. It reads at its next tick when an event was written here
 * or in a container that does not read (an API, or a worker that stops), or when an item falls due.
 * Otherwise it reads at growing intervals, because each read costs a query of each shard. Events of
 * a killed container are found after the longest interval. Thread-safe.
 */
@Component("outboxPace")
public class OutboxPace {

  private static final Logger LOG = LoggerFactory.getLogger(OutboxPace.class);

  /** The subject of announcements that concern the outbox, and not a new endpoint. */
  static final String OUTBOX = "outbox";

  /**
   * The fixed share of a pause. The rest is random, so that workers do not read at the same time.
   */
  private static final double SURE = 0.8;

  /**
   * How long one announcement serves, however many events follow. Readers stay awake for 30 s after
   * it, because they read the change feed with that overlap; the rest of that time allows for
   * clocks that differ.
   */
  static final Duration ANNOUNCED_FOR = Duration.ofSeconds(10);

  private static final Announcement ANNOUNCEMENT =
      new Announcement(ChangeFeed.Kind.webhook, Ids.OPERATORS, OUTBOX);

  private final ChangeFeed changeFeed;
  private final Duration shortest;
  private final Duration longest;
  private final Clock clock;
  private final LongSupplier ticker;
  private final DoubleSupplier random;

  private volatile boolean looksHere;
  private volatile Rest rest;
  private volatile long announced;

  /**
   * The current wait.
   *
   * @param until the earliest time of the next read, by the ticker
   * @param pause the length of the latest pause; the next one is twice as long
   */
  private record Rest(long until, Duration pause) {}

  @Autowired
  OutboxPace(
      ChangeFeed changeFeed,
      Environment environment,
      @Value("${outpost.webhooks.sweep-period}") long shortest,
      @Value("${outpost.webhooks.longest-pause}") Duration longest) {
    this(
        changeFeed,
        environment.acceptsProfiles(Profiles.of("worker | local")),
        Duration.ofMillis(shortest),
        longest,
        Clock.systemUTC(),
        System::nanoTime,
        () -> ThreadLocalRandom.current().nextDouble());
  }

  /**
   * Uses these sources of time and chance.
   *
   * @param clock for the times when items fall due
   * @param ticker nanoseconds that do not depend on the clock, for the pauses
   */
  OutboxPace(
      ChangeFeed changeFeed,
      boolean looksHere,
      Duration shortest,
      Duration longest,
      Clock clock,
      LongSupplier ticker,
      DoubleSupplier random) {
    this.changeFeed = changeFeed;
    this.looksHere = looksHere;
    this.shortest = shortest;
    this.longest = longest;
    this.clock = clock;
    this.ticker = ticker;
    this.random = random;
    this.rest = over();
    this.announced = ticker.getAsLong() - ANNOUNCED_FOR.toNanos();
  }

  /**
   * Whether to read now. If so, the next pause begins before the read, so that an event announced
   * during the read triggers another one at once.
   */
  public synchronized boolean isDue() {
    var now = ticker.getAsLong();
    if (now - rest.until() < 0) {
      return false;
    }
    rest = after(rest, now);
    return true;
  }

  private Rest after(Rest before, long now) {
    var doubled = before.pause().isZero() ? shortest : before.pause().multipliedBy(2);
    var pause = doubled.compareTo(longest) < 0 ? doubled : longest;
    var part = SURE + (1 - SURE) * random.getAsDouble();
    return new Rest(now + (long) (pause.toNanos() * part), pause);
  }

  private Rest over() {
    return new Rest(ticker.getAsLong(), Duration.ZERO);
  }

  /** For tests: stops reads that have no reason. */
  synchronized void sleep() {
    rest = new Rest(ticker.getAsLong() + Long.MAX_VALUE / 2, longest);
  }

  /**
   * How far into the future a read must look for due items, because the next read may be that late.
   */
  public Instant horizon() {
    return clock.instant().plus(longest);
  }

  /** Makes sure that the outbox is read when an item falls due. */
  public void comes(Instant due) {
    var now = clock.instant();
    if (!due.isBefore(now.plus(longest))) {
      return; // Every worker reads before that time anyway.
    }
    if (!looksHere) {
      announce();
      return;
    }
    synchronized (this) {
      var until = ticker.getAsLong() + Duration.between(now, due).toNanos();
      if (until - rest.until() < 0) {
        rest = new Rest(until, rest.pause());
      }
    }
  }

  /**
   * Records that an event was written, or that more events may follow: the next tick reads, and
   * other reads follow soon.
   */
  public synchronized void wake() {
    rest = over();
  }

  /**
   * Makes this change, which adds a due item, wake a reader: this worker or, through the change
   * feed, others.
   */
  public void wakeAfter(Change change) {
    change.afterwards(this::written);
  }

  void written() {
    if (looksHere) {
      wake();
    } else {
      announce();
    }
  }

  /**
   * Leaves the outbox to other workers when this one stops: its timers stop before the last events
   * are written.
   */
  @EventListener(ContextClosedEvent.class)
  public void leave() {
    if (looksHere) {
      looksHere = false;
      announce();
    }
  }

  /**
   * Wakes readers in other containers. A failure does no harm: the next event is announced again,
   * and the longest pause ends, too.
   */
  private void announce() {
    var now = ticker.getAsLong();
    synchronized (this) {
      if (now - announced < ANNOUNCED_FOR.toNanos()) {
        return;
      }
      announced = now;
    }
    try {
      changeFeed.announce(ANNOUNCEMENT);
    } catch (RuntimeException e) {
      announced = now - ANNOUNCED_FOR.toNanos();
      LOG.warn("The outbox is read later than usual, because it could not be announced", e);
    }
  }
}
