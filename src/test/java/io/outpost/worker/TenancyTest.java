package io.outpost.worker;

import static io.outpost.worker.P09TurnsTest.waitingJob;
import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.kernel.Ids;
import io.outpost.tenant.Tier;
import io.outpost.worker.Tenancy.Mode;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Which tenant's jobs a worker takes, and when its tenancy ends. */
class TenancyTest {

  private static final Duration IDLE = Duration.ofSeconds(30);
  private static final String ACME = Ids.uuid();
  private static final String BRAVO = Ids.uuid();

  private Instant now = Instant.EPOCH;
  private final Tenancy single =
      new Tenancy(Mode.SINGLE, EnumSet.allOf(Tier.class), IDLE, new Hands());

  /** A clock that the test sets. */
  private final class Hands extends Clock {
    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }

  @Test
  void theFirstWhoseJobRunsKeepsTheWorker() {
    assertThat(single.enter(waitingJob(ACME))).isTrue();
    assertThat(single.enter(waitingJob(BRAVO))).isFalse();
    assertThat(single.enter(waitingJob(ACME))).isTrue();
    single.leave(true);
    single.leave(false);
    assertThat(single.enter(waitingJob(BRAVO))).isFalse();
    assertThat(single.tenant()).contains(ACME);
  }

  @Test
  void whoseJobCouldNotRunDoesNotKeepIt() {
    assertThat(single.enter(waitingJob(ACME))).isTrue();
    single.leave(false);
    assertThat(single.isOver()).isFalse();
    assertThat(single.enter(waitingJob(BRAVO))).isTrue();
  }

  @Test
  void itIsOverOnceAfterBeingIdleAndThenLetsNobodyIn() {
    assertThat(single.isOver()).isFalse();
    single.enter(waitingJob(ACME));
    now = now.plus(IDLE).plus(IDLE);
    assertThat(single.isOver()).isFalse();
    single.leave(true);
    now = now.plus(IDLE).minusMillis(1);
    assertThat(single.isOver()).isFalse();
    single.enter(waitingJob(ACME));
    single.leave(false);
    now = now.plusMillis(1);
    assertThat(single.isOver()).isFalse();
    now = now.plus(IDLE);
    assertThat(single.isOver()).isTrue();
    assertThat(single.isOver()).isFalse();
    assertThat(single.enter(waitingJob(ACME))).isFalse();
  }

  @Test
  void aSharedOneIsEverybodysOfItsTiers() {
    var shared = new Tenancy(Mode.SHARED, Set.of(Tier.ENTERPRISE), IDLE, new Hands());
    assertThat(shared.enter(waitingJob(ACME))).isTrue();
    assertThat(shared.enter(waitingJob(BRAVO))).isTrue();
    shared.leave(true);
    shared.leave(true);
    now = now.plus(IDLE);
    assertThat(shared.isOver()).isFalse();
    var dedicated = new Tenancy(Mode.SHARED, Set.of(Tier.FREE), IDLE, new Hands());
    assertThat(dedicated.enter(waitingJob(ACME))).isFalse();
  }
}
