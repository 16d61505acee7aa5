package io.outpost.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import io.outpost.platform.Job;
import io.outpost.platform.Problem;
import io.outpost.platform.Tier;
import io.outpost.worker.agent.AgentProcess;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A cancel and a worker at the same moment: whoever wins, the job has one end, it is charged once
 * when an agent was started for it and not otherwise, and no slot of the tenant stays taken.
 */
@ExtendWith(SharedOutpost.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class P06CancelRacesTest {

  private static final int ROUNDS = 400;

  /** A tenant's quota of 100 is given back or used up by so many jobs. */
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
            race((bench, job) -> AtOnce.run(List.of(canceller(bench, job), claimer(bench, job)))))
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
        .contains("job.cancelled running");
  }

  /** Runs many rounds, checks each, and gives the ends that were seen. */
  private Set<String> race(Race race) throws Exception {
    var ends = new HashSet<String>();
    for (int tenant = 0; tenant < ROUNDS / ROUNDS_A_TENANT; tenant++) {
      var bench = new JobBench(outpost, Tier.PRO);
      for (int round = 0; round < ROUNDS_A_TENANT; round++) {
        var job = bench.submit();
        race.run(bench, job);
        ends.add(check(bench, job));
      }
      assertThat(bench.counted()).as("counted against the quota").isEqualTo(bench.ledger().size());
    }
    return ends;
  }

  /** Every job was charged once, but for those that were cancelled before they ran. */
  private static String check(JobBench bench, Job job) {
    var ends =
        bench.transitions(job).stream().filter(transition -> !NO_END.contains(transition)).toList();
    assertThat(ends).as("ends of a job").hasSize(1);
    var end = ends.getFirst();
    assertThat(end).startsWith("job." + bench.read(job).status());
    assertThat(bench.ledger().stream().filter(job.jobId()::equals).count())
        .as("charges of a job that ended as %s", end)
        .isEqualTo(end.equals("job.cancelled pending") ? 0 : 1);
    assertThat(bench.slotsTaken()).as("slots taken").isZero();
    return end;
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

  /** A worker that takes the job; a heartbeat finds the cancel, and the slot is given back. */
  private static AtOnce.Step claimer(JobBench bench, Job job) {
    return () -> {
      var delivery = bench.deliver(job);
      if (delivery.runs()) {
        while (!delivery.run().isLost()) {
          delivery.heartbeat();
        }
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
