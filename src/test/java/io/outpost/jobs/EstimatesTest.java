package io.outpost.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.outpost.aws.Queues;
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
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a client is told about a job's start is a time that may come, or nothing. */
class EstimatesTest {

  private static final String TENANT = "6f1c1d1e-0000-4000-8000-000000000001";
  private static final Instant NOW = Instant.now();

  private final Queues queues = mock(Queues.class);
  private final List<TenantMeasures.Measure> measures = new ArrayList<>();
  private final TenantBacklogs backlogs =
      new TenantBacklogs(
          tenant -> measures.getLast(), Clock.fixed(NOW, ZoneOffset.UTC), later -> {});
  private final Estimates estimates =
      new Estimates(queues, backlogs, "high=6,normal=3,low=1", new SimpleMeterRegistry());

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
  void theFourthOfATenantThatMayRunOneWaitsForThree() {
    waiting(0);
    measured(new TenantMeasures.Measure(0, Duration.ofSeconds(8)));
    assertThat(List.of(wait(Tier.FREE), wait(Tier.FREE), wait(Tier.FREE), wait(Tier.FREE)))
        .containsExactly(
            Duration.ZERO, Duration.ofSeconds(8), Duration.ofSeconds(16), Duration.ofSeconds(24));
  }

  @Test
  void aTenantWithFreeSlotsWaitsForNone() {
    waiting(0);
    measured(new TenantMeasures.Measure(Tier.PRO.slots() - 1, Duration.ofSeconds(10)));
    assertThat(wait(Tier.PRO)).isZero();
    assertThat(wait(Tier.PRO)).as("until the first of five ends").isEqualTo(Duration.ofSeconds(2));
  }

  @Test
  void nothingIsToldWhereNoJobOfTheTenantHasEnded() {
    waiting(0);
    measured(new TenantMeasures.Measure(1, null));
    assertThat(estimated(Tier.FREE)).isNull();
  }

  @Test
  void whoWaitsInALaneOfSomebodysOwnIsCounted() {
    var own =
        new Estimates(
            queues, backlogs, "urgent=12,high=6,normal=3,low=1", new SimpleMeterRegistry());
    when(queues.waiting("jobs-urgent")).thenReturn(200L, 150L);
    own.measure();
    own.measure();
    var urgent = own.estimate(job("urgent"), Calls.of(caller(Tier.ENTERPRISE)));
    assertThat(urgent.estimatedStart()).isAfter(NOW);
  }

  private void measured(TenantMeasures.Measure measure) {
    measures.add(measure);
    backlogs.measureNow(TENANT);
  }

  private Duration wait(Tier tier) {
    return Duration.between(NOW, estimated(tier));
  }

  private void waiting(long jobs) {
    when(queues.waiting(anyString())).thenReturn(jobs);
    estimates.measure();
  }

  private Instant estimated(Tier tier) {
    return estimates.estimate(job("low"), Calls.of(caller(tier))).estimatedStart();
  }

  private static Job job(String priority) {
    return JobBuilder.builder()
        .jobId("01ARZ3NDEKTSV4RRFFQ69G5FAV")
        .tenantId(TENANT)
        .agent("claude")
        .command("Say hello")
        .priority(priority)
        .timeoutSeconds(60)
        .mode("live")
        .status(Job.Status.pending)
        .createdAt(NOW)
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
