package io.outpost.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.verifyNoInteractions;

import io.outpost.store.Change;
import io.outpost.store.ChangeFeed;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/**
 * A read of the outbox costs a query of each shard, so an idle worker reads rarely, but never too
 * late.
 */
class OutboxPaceTest {

  private static final Duration LONGEST = Duration.ofSeconds(15);

  private final Instant start = Instant.parse("2026-11-30T12:00:00Z");
  private final AtomicReference<Instant> now = new AtomicReference<>(start);
  private final ChangeFeed feed = mock(ChangeFeed.class);
  private Duration setBack = Duration.ZERO;
  private final OutboxPace pace = pace(1);

  @Test
  void anIdleMinuteHasFourLooksInsteadOfSixty() {
    assertThat(looksWithin(60)).containsExactly(0L, 1L, 3L, 7L, 15L, 30L, 45L, 60L);
    assertThat(looksWithin(60)).hasSize(4);
  }

  @Test
  void twoWorkersDoNotLookTogether() {
    var other = pace(0);
    var both = new ArrayList<Long>(looksWithin(60));
    now.set(start);
    both.retainAll(looksWithin(other, 60));
    assertThat(both)
        .as("looks at the same second, once both have got slow")
        .isSubsetOf(0L, 1L, 3L, 7L);
  }

  @Test
  void whatWasWrittenHereIsLookedForAtTheNextTick() {
    looksWithin(60);
    var change = new Change();
    pace.wakeAfter(change);
    assertThat(change.isEmpty()).as("costs nothing").isTrue();
    pace.written();
    assertThat(looksWithin(10)).startsWith(1L, 2L, 4L);
    verifyNoInteractions(feed);
  }

  @Test
  void whatIsHeardOfDuringALookIsNotForgotten() {
    assertThat(pace.isDue()).isTrue();
    pace.wake();
    pace.comes(start.plusSeconds(9));
    assertThat(pace.isDue()).isTrue();
  }

  @Test
  void whatComesDueIsLookedForThen() {
    looksWithin(60);
    pace.comes(now.get().plusSeconds(5));
    pace.comes(now.get().plusSeconds(9));
    assertThat(looksWithin(15)).startsWith(5L);
    assertThat(pace.horizon()).as("seen at the look before").isEqualTo(now.get().plus(LONGEST));
  }

  @Test
  void aClockThatIsSetBackLeavesNoWorkerAsleep() {
    looksWithin(60);
    setBack = Duration.ofHours(1);
    assertThat(looksWithin(60)).hasSize(4);
    pace.comes(clock().instant().plusSeconds(5));
    assertThat(looksWithin(15)).startsWith(5L);
  }

  /** One announcement keeps the workers awake for as long as the API leaves out further ones. */
  @Test
  void eventsOfAnApiAreFoundAtOnceThoughFewAreAnnounced() {
    var api = pace(1, false);
    var announced = new ArrayList<Instant>();
    doAnswer(call -> announced.add(now.get())).when(feed).announce(any());
    looksWithin(60);
    var from = now.get();
    var written = List.of(0L, 1L, 9L, 10L, 19L, 45L);
    for (long second = 0; second < 60; second++) {
      now.set(from.plusSeconds(second));
      for (int burst = 0; written.contains(second) && burst < 83; burst++) {
        api.written();
      }
      // The change feed is read with an overlap.
      if (announced.stream().anyMatch(at -> at.plusSeconds(30).isAfter(now.get()))) {
        pace.wake();
      }
      assertThat(pace.isDue() || !written.contains(second)).as("read at " + second).isTrue();
    }
    assertThat(announced).containsExactly(from, from.plusSeconds(10), from.plusSeconds(45));
  }

  @Test
  void whatCouldNotBeAnnouncedIsAnnouncedWithTheNextEvent() {
    var api = pace(1, false);
    doThrow(new IllegalStateException("throttled")).doNothing().when(feed).announce(any());
    api.written();
    api.written();
    api.written();
    verify(feed, times(2)).announce(any());
  }

  @Test
  void aWorkerThatStopsLeavesItsEventsAndDueAttemptsToOthers() {
    pace.leave();
    pace.leave();
    verify(feed).announce(any());
    now.set(start.plusSeconds(10));
    pace.comes(now.get().plus(LONGEST));
    verify(feed).announce(any());
    pace.comes(now.get().plusSeconds(5));
    verify(feed, times(2)).announce(any());
    now.set(start.plusSeconds(20));
    pace.written();
    verify(feed, times(3)).announce(any());
  }

  /** The seconds, counted from now, at which a tick reads the outbox and finds nothing. */
  private List<Long> looksWithin(int seconds) {
    return looksWithin(pace, seconds);
  }

  private List<Long> looksWithin(OutboxPace looking, int seconds) {
    var from = now.get();
    var looks = new ArrayList<Long>();
    for (long second = from.equals(start) ? 0 : 1; second <= seconds; second++) {
      now.set(from.plusSeconds(second));
      if (looking.isDue()) {
        looks.add(second);
      }
    }
    return looks;
  }

  private OutboxPace pace(double chance) {
    return pace(chance, true);
  }

  private OutboxPace pace(double chance, boolean isWorker) {
    return new OutboxPace(
        feed,
        isWorker,
        Duration.ofSeconds(1),
        LONGEST,
        clock(),
        () -> Duration.between(start, now.get()).toNanos(),
        () -> chance);
  }

  private Clock clock() {
    InstantSource source = () -> now.get().minus(setBack);
    return source.withZone(ZoneOffset.UTC);
  }
}
