package io.outpost.jobs;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.outpost.agents.OfferedAgents;
import io.outpost.aws.Queues;
import io.outpost.aws.Queues.Depth;
import io.outpost.http.Calls;
import io.outpost.job.Job;
import io.outpost.job.JobBuilder;
import io.outpost.tenant.BillingTerms;
import io.outpost.tenant.Principal;
import io.outpost.tenant.Tenant;
import io.outpost.tenant.Tier;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A job's estimated start is a plausible time, or missing. */
class EstimatesTest {

  private static final String TENANT = "6f1c1d1e-0000-4000-8000-000000000001";
  private static final Instant NOW = Instant.now();

  private final Queues queues = mock(Queues.class);
  private final OfferedAgents workers = mock(OfferedAgents.class);
  private final Clock clock = mock(Clock.class);
  private Instant now = NOW;
  private final List<TenantMeasures.Measure> measures = new ArrayList<>();
  private final TenantBacklogs backlogs =
      new TenantBacklogs(
          tenant -> measures.getLast(), Clock.fixed(NOW, ZoneOffset.UTC), later -> {});
  private Estimates estimates;

  @BeforeEach
  void nobodyHasToldOfSlots() {
    when(clock.instant()).thenAnswer(call -> now);
    when(workers.slots()).thenReturn(OptionalInt.empty());
    estimates = estimates("high=6,normal=3,low=1");
  }

  private Estimates estimates(String lanes) {
    return new Estimates(queues, workers, backlogs, lanes, clock, new SimpleMeterRegistry());
  }

  @Test
  void whereNothingMovesAnyMoreThereIsNoEstimate() {
    waiting(100);
    waiting(50);
    assertThat(estimated(Tier.ENTERPRISE)).isNotNull();
    for (int i = 0; i < 300; i++) {
      waiting(50);
    }
    assertThat(estimated(Tier.ENTERPRISE)).isNull();
  }

  @Test
  void whileASlotIsFreeAJobStartsAtOnceAndTheNextWaitsForOneToEnd() {
    when(workers.slots()).thenReturn(OptionalInt.of(3));
    depth(0, 2);
    assertThat(wait(Tier.ENTERPRISE)).isZero();
    assertThat(estimated(Tier.ENTERPRISE)).as("nobody knows when a job ends").isNull();
  }

  @Test
  void whereAllSlotsAreBusyNobodyStartsNowThoughNothingWaits() {
    when(workers.slots()).thenReturn(OptionalInt.of(2));
    depth(0, 2);
    assertThat(estimated(Tier.ENTERPRISE)).as("nobody knows when a job ends").isNull();
    // Two of the three jobs have ended after five seconds.
    depth(0, 1);
    depth(0, 2);
    depth(0, 2);
    assertThat(wait(Tier.ENTERPRISE)).isPositive();
    assertThat(wait(Tier.ENTERPRISE)).as("the second in turn").isGreaterThan(ofSeconds(5));
  }

  @Test
  void aPaceOfLongAgoIsForgotten() {
    when(workers.slots()).thenReturn(OptionalInt.of(2));
    depth(4, 2);
    depth(2, 2);
    assertThat(wait(Tier.ENTERPRISE)).isPositive();
    for (int i = 0; i < 300; i++) {
      depth(0, 2);
    }
    assertThat(estimated(Tier.ENTERPRISE)).isNull();
  }

  @Test
  void slotsThatTakeNothingAreNotFree() {
    when(workers.slots()).thenReturn(OptionalInt.of(50));
    depth(3, 0);
    depth(3, 0);
    assertThat(estimated(Tier.ENTERPRISE)).isNull();
  }

  /**
   * Six held messages return to the queue, but only one job ends in five seconds, and only that
   * counts.
   */
  @Test
  void jobsThatAreSentAgainWhileTheyWaitDoNotChangeThePace() {
    when(workers.slots()).thenReturn(OptionalInt.of(2));
    when(workers.ended()).thenReturn(OptionalLong.of(70), OptionalLong.of(71), OptionalLong.of(72));
    depth(10, 2);
    depth(3, 2);
    depth(8, 2);
    assertThat(wait(Tier.ENTERPRISE)).isEqualTo(ofSeconds(9 * 5));
  }

  /**
   * A worker of the previous release does not count ended jobs, so messages are counted instead.
   */
  @Test
  void whereNotAllWorkersCountJobsMessagesAreCounted() {
    when(workers.slots()).thenReturn(OptionalInt.of(2));
    when(workers.ended()).thenReturn(OptionalLong.of(70), OptionalLong.empty());
    depth(10, 2);
    depth(5, 2);
    assertThat(wait(Tier.ENTERPRISE)).isEqualTo(ofSeconds(6));
  }

  @Test
  void whoComesAfterTheMeasureIsCounted() {
    when(workers.slots()).thenReturn(OptionalInt.of(2));
    depth(10, 2);
    depth(0, 2);
    var first = wait(Tier.ENTERPRISE);
    assertThat(wait(Tier.ENTERPRISE)).isEqualTo(first.multipliedBy(2));
    assertThat(wait(Tier.ENTERPRISE)).isEqualTo(first.multipliedBy(3));
  }

  @Test
  void theFourthOfATenantThatMayRunOneWaitsForThree() {
    waiting(0);
    measured(new TenantMeasures.Measure(0, ofSeconds(8)));
    assertThat(List.of(wait(Tier.FREE), wait(Tier.FREE), wait(Tier.FREE), wait(Tier.FREE)))
        .containsExactly(Duration.ZERO, ofSeconds(8), ofSeconds(16), ofSeconds(24));
  }

  @Test
  void aTenantWithFreeSlotsWaitsForNone() {
    waiting(0);
    measured(new TenantMeasures.Measure(Tier.PRO.slots() - 1, ofSeconds(10)));
    assertThat(wait(Tier.PRO)).isZero();
    assertThat(wait(Tier.PRO)).as("until the first of five ends").isEqualTo(ofSeconds(2));
  }

  @Test
  void nothingIsToldWhereNoJobOfTheTenantHasEnded() {
    waiting(0);
    measured(new TenantMeasures.Measure(1, null));
    assertThat(estimated(Tier.FREE)).isNull();
  }

  @Test
  void whoWaitsInALaneOfSomebodysOwnIsCounted() {
    waiting(0);
    var own = estimates("urgent=12,high=6,normal=3,low=1");
    when(queues.depth("jobs-urgent")).thenReturn(new Depth(200, 0), new Depth(150, 0));
    own.measure();
    now = now.plusSeconds(5);
    own.measure();
    var urgent = own.estimate(job("urgent"), Calls.of(caller(Tier.ENTERPRISE)));
    assertThat(urgent.estimatedStart()).isAfter(now);
  }

  private void measured(TenantMeasures.Measure measure) {
    measures.add(measure);
    backlogs.measureNow(TENANT);
  }

  private Duration wait(Tier tier) {
    return Duration.between(now, estimated(tier));
  }

  private void waiting(long jobs) {
    now = now.plusSeconds(5);
    when(queues.depth(anyString())).thenReturn(new Depth(jobs, 0));
    estimates.measure();
  }

  /** Reports the depth of the highest lane, five seconds after the last report. */
  private void depth(long waiting, long running) {
    now = now.plusSeconds(5);
    when(queues.depth(anyString())).thenReturn(new Depth(0, 0));
    when(queues.depth("jobs-high")).thenReturn(new Depth(waiting, running));
    estimates.measure();
  }

  private Instant estimated(Tier tier) {
    return estimates.estimate(job("low"), Calls.of(caller(tier))).estimatedStart();
  }

  private Job job(String priority) {
    return JobBuilder.builder()
        .jobId("01ARZ3NDEKTSV4RRFFQ69G5FAV")
        .tenantId(TENANT)
        .agent("claude")
        .command("Say hello")
        .priority(priority)
        .timeoutSeconds(60)
        .mode("live")
        .status(Job.Status.pending)
        .createdAt(now)
        .build();
  }

  private static Principal caller(Tier tier) {
    return new Principal(
        TENANT,
        "key",
        "key",
        "live",
        Set.of(),
        1000,
        new BillingTerms(tier, Instant.EPOCH, null),
        null,
        Tenant.Status.active,
        null);
  }
}
