package io.outpost.worker.lanes;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

/** The pauses after failed reads of a queue grow up to a bound. */
class LaneFaultsTest {

  private static final Exception GONE = new IllegalStateException("No such queue");

  private Instant now = Instant.EPOCH;

  private final LaneFaults faults =
      new LaneFaults(
          new Clock() {
            @Override
            public Instant instant() {
              return now;
            }

            @Override
            public ZoneOffset getZone() {
              return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(java.time.ZoneId zone) {
              return this;
            }
          });

  @Test
  void thePauseGrowsWithEachFaultUpToABoundAndEndsWithTheFirstRead() {
    var before = Duration.ZERO;
    for (int i = 0; i < 10; i++) {
      faults.failed("a", GONE);
      var pause = faults.pause("a");
      assertThat(pause)
          .isGreaterThanOrEqualTo(before)
          .isLessThanOrEqualTo(LaneFaults.LONGEST_PAUSE);
      before = pause;
      now = now.plus(pause);
      assertThat(faults.pause("a")).isZero();
    }
    assertThat(before).isEqualTo(LaneFaults.LONGEST_PAUSE);
    faults.worked("a");
    faults.failed("a", GONE);
    assertThat(faults.pause("a")).isEqualTo(LaneFaults.FIRST_PAUSE);
  }

  @Test
  void faultsOfSlotsThatReadAtOnceCountOnce() {
    for (int slot = 0; slot < 50; slot++) {
      faults.failed("a", GONE);
    }
    assertThat(faults.pause("a")).isEqualTo(LaneFaults.FIRST_PAUSE);
  }

  @Test
  void oneQueuesFaultIsNoOthers() {
    faults.failed("a", GONE);
    assertThat(faults.pause("b")).isZero();
    assertThat(faults.queues()).containsExactly("a");
    faults.worked("a");
    assertThat(faults.queues()).isEmpty();
  }
}
