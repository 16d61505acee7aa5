package io.outpost.event;

import io.outpost.store.Change;
import io.outpost.store.ChangeFeed;
import io.outpost.store.ChangeFeed.Announcement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleSupplier;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.core.env.Environment;
import org.springframework.core.env.Profiles;
import org.springframework.stereotype.Component;

/**
 * Decides when a worker reads the outbox: at its next tick when an event was written here or in a
 * container without a worker, or when an item falls due; otherwise at growing intervals, because
 * each read costs a query of each shard. Events of a killed worker are found after the longest
 * pause. Thread-safe.
 */
@Component("outboxPace")
public class OutboxPace {

  /** The subject of announcements about the outbox, which are not about a new endpoint. */
  static final String OUTBOX = "outbox";

  /**
   * The fixed share of a pause; the rest is random, so that workers do not read at the same time.
   */
  private static final double SURE = 0.8;

  private final ChangeFeed changeFeed;
  private final boolean looksHere;
  private final Duration shortest;
  private final Duration longest;
  private final Clock clock;
  private final DoubleSupplier random;

  private volatile Rest rest = Rest.OVER;

  /**
   * The current wait.
   *
   * @param until the earliest time of the next read
   * @param pause the latest pause; the next one is twice as long
   */
  private record Rest(Instant until, Duration pause) {
    private static final Rest OVER = new Rest(Instant.MIN, Duration.ZERO);
  }

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
        () -> ThreadLocalRandom.current().nextDouble());
  }

  /** With a given clock and random source. */
  OutboxPace(
      ChangeFeed changeFeed,
      boolean looksHere,
      Duration shortest,
      Duration longest,
      Clock clock,
      DoubleSupplier random) {
    this.changeFeed = changeFeed;
    this.looksHere = looksHere;
    this.shortest = shortest;
    this.longest = longest;
    this.clock = clock;
    this.random = random;
  }

  /**
   * Whether to read now. The pause begins with the read, so that a change announced during the read
   * triggers the next one at once.
   */
  public synchronized boolean isDue() {
    var now = clock.instant();
    if (now.isBefore(rest.until())) {
      return false;
    }
    rest = after(rest, now);
    return true;
  }

  private Rest after(Rest before, Instant now) {
    var doubled = before.pause().isZero() ? shortest : before.pause().multipliedBy(2);
    var pause = doubled.compareTo(longest) < 0 ? doubled : longest;
    var part = SURE + (1 - SURE) * random.getAsDouble();
    return new Rest(now.plusNanos((long) (pause.toNanos() * part)), pause);
  }

  /** For tests: the time until which there is no read without a reason. */
  synchronized void sleepUntil(Instant time) {
    rest = new Rest(time, longest);
  }

  /** The time up to which a read must find due items, because the next read may be that late. */
  public Instant horizon() {
    return clock.instant().plus(longest);
  }

  /** Ensures a read at the time when an item falls due. */
  public synchronized void comes(Instant due) {
    if (due.isBefore(rest.until())) {
      rest = new Rest(due, rest.pause());
    }
  }

  /**
   * Records that an event was written, or that there may be more: the next tick reads, and others
   * follow soon.
   */
  public synchronized void wake() {
    rest = Rest.OVER;
  }

  /** Makes a change with a due item wake the readers: here, or through the change feed. */
  public void wakeAfter(Change change, String tenantId) {
    if (looksHere) {
      change.afterwards(this::wake);
    } else {
      changeFeed.add(change, new Announcement(ChangeFeed.Kind.webhook, tenantId, OUTBOX));
    }
  }
}
