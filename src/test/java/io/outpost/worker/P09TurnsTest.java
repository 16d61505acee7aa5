package io.outpost.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.job.Job;
import io.outpost.job.JobBuilder;
import io.outpost.job.JobDetails;
import io.outpost.job.JobMessage;
import io.outpost.job.StoredJob;
import io.outpost.kernel.Ids;
import io.outpost.tenant.Tier;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ConcurrentSkipListMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Tenants with pending jobs take turns, however many jobs each has. */
class P09TurnsTest {

  private final ConcurrentSkipListMap<String, StoredJob> index = new ConcurrentSkipListMap<>();
  private final LaneTurns turns =
      new LaneTurns(
          new LaneTurns.Waiting() {
            @Override
            public List<StoredJob> page(String priority, String afterTurn, int most) {
              return index.tailMap(afterTurn, false).values().stream().limit(most).toList();
            }

            @Override
            public Optional<StoredJob> find(JobMessage message) {
              return Optional.empty();
            }
          });

  private Optional<StoredJob> next() {
    var permit = new JobMessage("", Ids.ulid(), "normal", null, 0);
    return turns.next(permit, new HashSet<>());
  }

  private StoredJob submit(String tenant) {
    var stored = waitingJob(tenant);
    index.put(stored.turn(), stored);
    return stored;
  }

  /** A pending job of a tenant that any worker may take. */
  static StoredJob waitingJob(String tenant) {
    var job =
        JobBuilder.builder()
            .jobId(Ids.ulid())
            .tenantId(tenant)
            .agent("claude")
            .command("Say hello")
            .priority("normal")
            .timeoutSeconds(60)
            .status(Job.Status.pending)
            .createdAt(Instant.EPOCH)
            .waitingReason("queued")
            .build();
    return new StoredJob(
        job, new JobDetails(Tier.ENTERPRISE, "", null, "", null, null, null), null);
  }

  /** Starts the next job; returns its tenant. */
  private String start() {
    var job = next().orElseThrow().job();
    assertThat(index.remove(job.tenantId() + "#" + job.jobId())).as("waits").isNotNull();
    return job.tenantId();
  }

  @Test
  void anothersOneJobStartsAfterOneOfAThousand() {
    var flooding = UUID.randomUUID().toString();
    for (int i = 0; i < 1000; i++) {
      submit(flooding);
    }
    for (int i = 0; i < 100; i++) {
      var other = UUID.randomUUID().toString();
      submit(other);
      assertThat(List.of(start(), start())).contains(other);
    }
  }

  @Property(tries = 200)
  void nobodyStartsTwiceWhileAnotherWaitsAndAllJobsStart(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 40) int tenants) {
    var random = new Random(seed);
    var left = new HashMap<String, Integer>();
    for (int t = 0; t < tenants; t++) {
      var tenant = new UUID(random.nextLong(), random.nextLong()).toString();
      var jobs = 1 + random.nextInt(random.nextInt(10) == 0 ? 60 : 4);
      for (int j = 0; j < jobs; j++) {
        submit(tenant);
      }
      left.put(tenant, jobs);
    }
    while (!left.isEmpty()) {
      var waiting = List.copyOf(left.keySet());
      var round = new ArrayList<String>();
      for (int i = 0; i < waiting.size(); i++) {
        round.add(start());
      }
      assertThat(round).containsExactlyInAnyOrderElementsOf(waiting);
      round.forEach(tenant -> left.computeIfPresent(tenant, (t, n) -> n == 1 ? null : n - 1));
    }
    assertThat(next()).as("nothing waits").isEmpty();
  }

  @Test
  void twoSlotsThatChooseAtOnceDoNotChooseTheSameJob() {
    var tenant = UUID.randomUUID().toString();
    submit(tenant);
    submit(tenant);
    var first = next().orElseThrow();
    var second = next().orElseThrow();
    assertThat(first.job().jobId()).isNotEqualTo(second.job().jobId());
  }
}
