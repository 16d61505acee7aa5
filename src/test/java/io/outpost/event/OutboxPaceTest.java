package io.outpost.event;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.store.Change;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.mockito.Mockito;

/** A look costs a query of each shard, so an idle worker makes few; and none comes too late. */
class OutboxPaceTest {

  private static final Duration LONGEST = Duration.ofSeconds(15);

  private final Instant start = Instant.parse("2026-11-30T12:00:00Z");
  private final AtomicReference<Instant> now = new AtomicReference<>(start);
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
    pace.wakeAfter(change, "tenant");
    assertThat(change.isEmpty()).as("costs nothing").isTrue();
    pace.wake();
    assertThat(looksWithin(10)).startsWith(1L, 2L, 4L);
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

  /** Seconds from now on at which a tick looks and finds nothing. */
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
    return new OutboxPace(
        Mockito.mock(), true, Duration.ofSeconds(1), LONGEST, clock(), () -> chance);
  }

  private Clock clock() {
    InstantSource source = now::get;
    return source.withZone(ZoneOffset.UTC);
  }
}
