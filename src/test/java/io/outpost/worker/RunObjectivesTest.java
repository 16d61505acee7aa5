package io.outpost.worker;

import static io.outpost.worker.P09TurnsTest.waitingJob;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.outpost.job.Job;
import io.outpost.job.JobInput;
import io.outpost.job.JobLease;
import io.outpost.job.Repository;
import io.outpost.job.StoredJob;
import io.outpost.kernel.Ids;
import io.outpost.local.stripe.SettableClock;
import io.outpost.tenant.Tier;
import io.outpost.worker.Tenancy.Mode;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/**
 * What alarms on jobs count: our own time, from whatever a job had to wait for that is its tenant's
 * to the start of its agent, and from the agent's end to the job's. Customers and agents can make
 * none of it a miss.
 */
class RunObjectivesTest {

  private static final Instant ACCEPTED = Instant.parse("2026-11-30T12:00:00Z");
  private static final Instant LONG_BEFORE = ACCEPTED.minusSeconds(3600);
  private static final String DISPATCH = "dispatch";
  private static final String END_TO_END = "end-to-end";

  private final SettableClock clock = new SettableClock(ACCEPTED.toString());
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final RunObjectives objectives =
      new RunObjectives(tenancy(Mode.SHARED, EnumSet.allOf(Tier.class)), meters, clock);

  @Test
  void aJobIsDispatchedInTimeOrNot() {
    starts(run(3, job -> job), LONG_BEFORE, Duration.ofMillis(200));
    assertThat(counted(DISPATCH)).isEqualTo("1 measured, 0 missed");
    starts(run(3, job -> job), LONG_BEFORE, Duration.ofMillis(201));
    assertThat(counted(DISPATCH)).isEqualTo("2 measured, 1 missed");
  }

  /** Waiting for a slot does not count here; other alarms cover it. */
  @Test
  void waitingForASlotDoesNotCount() {
    starts(run(3, job -> job), ACCEPTED.plusSeconds(600), Duration.ofMinutes(10).plusMillis(20));
    assertThat(counted(DISPATCH)).isEqualTo("1 measured, 0 missed");
  }

  @Test
  void whatCustomersMakeSlowIsNotMeasured() {
    var late = Duration.ofHours(1);
    for (var run :
        List.of(
            run(4, job -> job), // held, or handed back
            run(3, job -> job.withWorkspace("big")),
            run(3, job -> job.withRepository(repository())),
            run(3, job -> job.withInputs(List.of(input()))),
            run(3, job -> job.withStartAfter(ACCEPTED.plusSeconds(60))))) {
      starts(run, LONG_BEFORE, late);
      ends(run, late);
    }
    // The tenant's git server does not answer, which is retried.
    ends(run(5, job -> job.withRepository(repository()).withAttempts(2)), late);
    assertThat(counted(DISPATCH)).isEqualTo("0 measured, 0 missed");
    assertThat(counted(END_TO_END)).isEqualTo("0 measured, 0 missed");
  }

  /** Test jobs of the canary or customers do not hide failing live jobs. */
  @Test
  void testJobsAreNotMeasured() {
    var quick = run(3, job -> job.withMode("test"));
    starts(quick, LONG_BEFORE, Duration.ofMillis(20));
    ends(quick, Duration.ofMillis(20));
    ends(run(5, job -> job.withMode("test").withAttempts(2)), Duration.ofMillis(20));
    assertThat(counted(DISPATCH)).isEqualTo("0 measured, 0 missed");
    assertThat(counted(END_TO_END)).isEqualTo("0 measured, 0 missed");
  }

  /** With single tenancy, a job passes workers of other tenants until one is free. */
  @Test
  void workersForSomeAreNotMeasured() {
    for (var some :
        List.of(
            tenancy(Mode.SINGLE, EnumSet.allOf(Tier.class)),
            tenancy(Mode.SHARED, EnumSet.of(Tier.FREE)))) {
      var run = run(3, job -> job);
      run.slotFreeSince(LONG_BEFORE);
      var others = new RunObjectives(some, meters, clock);
      clock.advance(Duration.ofHours(1));
      others.started(run);
      others.ending(run);
      others.ended(run);
    }
    assertThat(counted(DISPATCH)).isEqualTo("0 measured, 0 missed");
    assertThat(counted(END_TO_END)).isEqualTo("0 measured, 0 missed");
  }

  @Test
  void theAgentsOwnTimeDoesNotCount() {
    var run = run(3, job -> job);
    starts(run, LONG_BEFORE, Duration.ofMillis(20));
    clock.advance(Duration.ofHours(5));
    run.agentEnded(clock.instant());
    clock.advance(Duration.ofSeconds(2));
    run.keptOutput(clock.instant());
    clock.advance(Duration.ofHours(1)); // the files that it left
    ends(run, Duration.ofSeconds(3));
    assertThat(counted(END_TO_END)).isEqualTo("1 measured, 0 missed");
  }

  @Test
  void allThatIsOursCountsTogether() {
    var run = run(3, job -> job);
    starts(run, LONG_BEFORE, Duration.ofSeconds(20));
    run.agentEnded(clock.instant());
    clock.advance(Duration.ofSeconds(20));
    run.keptOutput(clock.instant());
    ends(run, Duration.ofSeconds(21));
    assertThat(counted(END_TO_END)).isEqualTo("1 measured, 1 missed");
  }

  @Test
  void anEndThatIsWrittenAtTheSecondTryCountsFromTheFirst() {
    var run = run(3, job -> job);
    starts(run, LONG_BEFORE, Duration.ofMillis(20));
    objectives.ending(run);
    clock.advance(Duration.ofSeconds(61));
    ends(run, Duration.ofMillis(20));
    assertThat(counted(END_TO_END)).isEqualTo("1 measured, 1 missed");
  }

  @Test
  void anAttemptThatWeLostIsAMiss() {
    var second = run(5, job -> job.withAttempts(2));
    starts(second, LONG_BEFORE, Duration.ofMillis(20));
    ends(second, Duration.ofMillis(20));
    assertThat(counted(DISPATCH)).isEqualTo("0 measured, 0 missed");
    assertThat(counted(END_TO_END)).isEqualTo("1 measured, 1 missed");
  }

  private void starts(Run run, Instant slotFree, Duration after) {
    clock.set(ACCEPTED.plus(after));
    run.slotFreeSince(slotFree);
    objectives.started(run);
  }

  private void ends(Run run, Duration after) {
    objectives.ending(run);
    clock.advance(after);
    objectives.ended(run);
  }

  private static Repository repository() {
    return new Repository(
        "https://a.example/r.git", null, null, null, null, null, null, null, null);
  }

  private static JobInput input() {
    return new JobInput(Ids.ulid(), "in.txt", null, null);
  }

  private static Run run(int moments, UnaryOperator<Job> change) {
    var waiting = waitingJob(Ids.uuid());
    var job = waiting.job().withCreatedAt(ACCEPTED).started(ACCEPTED);
    var lease = JobLease.of("w", ACCEPTED.plusSeconds(60));
    return new Run(new StoredJob(change.apply(job), waiting.details(), lease, moments));
  }

  private static Tenancy tenancy(Mode mode, Set<Tier> tiers) {
    return new Tenancy(mode, tiers, Duration.ofSeconds(30), java.time.Clock.systemUTC());
  }

  private String counted(String objective) {
    return "%d measured, %d missed"
        .formatted(
            count("outpost.objectives.measured", objective),
            count("outpost.objectives.missed", objective));
  }

  private int count(String metric, String objective) {
    var counter = meters.find(metric).tag("objective", objective).counter();
    return counter == null ? 0 : (int) counter.count();
  }
}
