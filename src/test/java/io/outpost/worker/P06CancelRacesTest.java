package io.outpost.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.job.Job;
import io.outpost.kernel.Problem;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import io.outpost.local.Sizes;
import io.outpost.tenant.Tier;
import io.outpost.worker.agent.AgentProcess;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A cancellation races with a worker. Whoever wins, the job has one end, is charged exactly if an
 * agent was started, and frees its tenant's slot.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class P06CancelRacesTest {

  /** The number of tenants with concurrent rounds; one tenant's rounds are sequential. */
  private static final int AT_ONCE = 4;

  private static final int TENANTS_IN_A_ROW = Sizes.of(1, 2);

  /** The number of rounds that a tenant's quota of 100 allows. */
  private static final int ROUNDS_A_TENANT = 50;

  private static final Set<String> NO_END = Set.of("job.running", "job.pending");

  private final LocalOutpost outpost;
  private AgentProcess agent;

  P06CancelRacesTest(LocalOutpost outpost) {
    this.outpost = outpost;
  }

  @BeforeAll
  void anAgentThatHasEnded() throws Exception {
    agent = JobBench.endedAgent(outpost);
  }

  private interface Race {
    void run(JobBench bench, Job job) throws Exception;
  }

  @Test
  void aCancelAgainstAClaim() throws Exception {
    assertThat(
            race(
                (bench, job) -> {
                  var over = new CountDownLatch(1);
                  AtOnce.run(
                      List.of(
                          () -> {
                            try {
                              canceller(bench, job).run();
                            } finally {
                              over.countDown();
                            }
                          },
                          claimer(bench, job, over)));
                }))
        .containsExactlyInAnyOrder("job.cancelled pending", "job.cancelled running");
  }

  @Test
  void aCancelAgainstAFinish() throws Exception {
    assertThat(
            race(
                (bench, job) -> {
                  var delivery = bench.deliver(job);
                  AtOnce.run(List.of(canceller(bench, job), () -> delivery.finish(agent)));
                }))
        .containsExactlyInAnyOrder("job.cancelled running", "job.succeeded");
  }

  @Test
  void aCancelAgainstSeveralDeliveriesThatRunToTheEnd() throws Exception {
    assertThat(
            race(
                (bench, job) -> {
                  var runs = new AtomicInteger();
                  var steps = new ArrayList<AtOnce.Step>();
                  steps.add(canceller(bench, job));
                  for (int i = 0; i < 3; i++) {
                    steps.add(runner(bench, job, runs));
                  }
                  AtOnce.run(steps);
                  assertThat(runs).hasValueLessThanOrEqualTo(1);
                }))
        .contains("job.cancelled pending", "job.succeeded");
  }

  @Test
  void aCancelAgainstAHandBackAndTheNextClaim() throws Exception {
    assertThat(
            race(
                (bench, job) -> {
                  var first = bench.deliver(job);
                  AtOnce.run(
                      List.of(
                          canceller(bench, job),
                          () -> {
                            first.handBack();
                            runner(bench, job, new AtomicInteger()).run();
                          }));
                }))
        .contains("job.cancelled running", "job.cancelled pending");
  }

  /**
   * Runs hundreds of rounds and checks the job of each; returns the seen ends. In the profile deep
   * all races together have more than a thousand rounds.
   */
  private Set<String> race(Race race) throws Exception {
    var ends = ConcurrentHashMap.<String>newKeySet();
    AtOnce.run(
        Collections.nCopies(
            AT_ONCE,
            () -> {
              for (int tenant = 0; tenant < TENANTS_IN_A_ROW; tenant++) {
                ends.addAll(rounds(race));
              }
            }));
    return ends;
  }

  private Set<String> rounds(Race race) throws Exception {
    var bench = new JobBench(outpost, Tier.PRO);
    var jobs = new ArrayList<Job>();
    for (int round = 0; round < ROUNDS_A_TENANT; round++) {
      var job = bench.submit();
      race.run(bench, job);
      jobs.add(job);
    }
    return check(bench, jobs);
  }

  /** Checks that every job was charged once, except those cancelled before they ran. */
  private static Set<String> check(JobBench bench, List<Job> jobs) {
    var transitions = bench.transitions();
    var charged = new ArrayList<String>();
    var seen = new HashSet<String>();
    for (var job : jobs) {
      var ends =
          transitions.get(job.jobId()).stream().filter(Predicate.not(NO_END::contains)).toList();
      assertThat(ends).as("ends of a job").hasSize(1);
      var end = ends.getFirst();
      assertThat(end).startsWith("job." + bench.read(job).status());
      if (!end.equals("job.cancelled pending")) {
        charged.add(job.jobId());
      }
      seen.add(end);
    }
    assertThat(bench.ledger()).as("charges").containsExactlyInAnyOrderElementsOf(charged);
    assertThat(bench.counted()).as("counted against the quota").isEqualTo(charged.size());
    assertThat(bench.slotsTaken()).as("slots taken").isZero();
    return seen;
  }

  private static AtOnce.Step canceller(JobBench bench, Job job) {
    return () -> {
      try {
        bench.cancel(job);
      } catch (Problem ended) {
        assertThat(ended.code()).isEqualTo(Problem.Code.CONFLICT);
      }
    };
  }

  /** A worker that takes the job; its next heartbeat sees the cancellation and frees the slot. */
  private static AtOnce.Step claimer(JobBench bench, Job job, CountDownLatch cancelled) {
    return () -> {
      var delivery = bench.deliver(job);
      if (delivery.runs()) {
        delivery.heartbeat();
        cancelled.await();
        delivery.heartbeat();
        assertThat(delivery.run().isLost()).isTrue();
        delivery.abandon();
      }
    };
  }

  /** A worker that takes the job and ends it. */
  private AtOnce.Step runner(JobBench bench, Job job, AtomicInteger runs) {
    return () -> {
      var delivery = bench.deliver(job);
      if (delivery.runs()) {
        runs.incrementAndGet();
        delivery.finish(agent);
      }
    };
  }
}
