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
 * When a worker looks into the outbox: at its next tick when something was written there, here or
 * in a container that has no worker, or when the index has something that comes due; else ever
 * later, for a look costs a query of each shard. What a killed worker had written is found by the
 * longest pause. Thread-safe.
 */
@Component("outboxPace")
public class OutboxPace {

  /** The subject of an announcement that is about the outbox, not about a new endpoint. */
  static final String OUTBOX = "outbox";

  /** The part of a pause that is the same in all workers: they do not look together. */
  private static final double SURE = 0.8;

  private final ChangeFeed changeFeed;
  private final boolean looksHere;
  private final Duration shortest;
  private final Duration longest;
  private final Clock clock;
  private final DoubleSupplier random;

  private volatile Rest rest = Rest.OVER;

  /**
   * What is waited for.
   *
   * @param until the next look; not before
   * @param pause what the look before was followed by; the next pause is twice as long
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

  /** With a clock and chance of the caller's. */
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
   * Whether to look now. The pause begins with the look, so that what is heard of meanwhile has the
   * next one come at once.
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

  /** For tests: no look by itself before. */
  synchronized void sleepUntil(Instant time) {
    rest = new Rest(time, longest);
  }

  /** Until when a look must see what comes due, as the next one may be that late. */
  public Instant horizon() {
    return clock.instant().plus(longest);
  }

  /** Something comes due: a look is made by then. */
  public synchronized void comes(Instant due) {
    if (due.isBefore(rest.until())) {
      rest = new Rest(due, rest.pause());
    }
  }

  /** Something was written, or found where more may be: the next tick looks, and others soon. */
  public synchronized void wake() {
    rest = Rest.OVER;
  }

  /** Has a change that puts something due into the outbox wake who looks: here, or by the feed. */
  public void wakeAfter(Change change, String tenantId) {
    if (looksHere) {
      change.afterwards(this::wake);
    } else {
      changeFeed.add(change, new Announcement(ChangeFeed.Kind.webhook, tenantId, OUTBOX));
    }
  }
}
