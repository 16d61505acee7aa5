package io.outpost.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.job.Job.Status;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import io.outpost.tenant.Tier;
import io.outpost.worker.agent.AgentProcess;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/** A worker whose lease has expired cannot write to a job that another worker has taken. */
@Tag("product")
@ExtendWith(SharedOutpost.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class P04FencingTest {

  private final LocalOutpost outpost;
  private AgentProcess agent;

  P04FencingTest(LocalOutpost outpost) {
    this.outpost = outpost;
  }

  @BeforeAll
  void anAgentThatHasEnded() throws Exception {
    agent = JobBench.endedAgent(outpost);
  }

  @Test
  void aPausedWorkersFinishIsRefusedWhileItsSuccessorRuns() {
    successorIsUntouchedBy(paused -> paused.finish(agent));
  }

  @Test
  void aPausedWorkersHandBackIsRefused() {
    successorIsUntouchedBy(JobBench.Delivery::handBack);
  }

  @Test
  void aPausedWorkersRetryIsRefused() {
    successorIsUntouchedBy(JobBench.Delivery::fail);
  }

  @Test
  void aPausedWorkersHeartbeatTellsItToStop() {
    successorIsUntouchedBy(JobBench.Delivery::heartbeat);
  }

  @Test
  void aPausedWorkerThatGivesUpLeavesItsSuccessorTheSlot() {
    successorIsUntouchedBy(
        paused -> {
          paused.heartbeat();
          paused.abandon();
        });
  }

  @Test
  void aPausedWorkerWithoutSuccessorMayGoOn() {
    var bench = new JobBench(outpost, Tier.FREE);
    var job = bench.submit();
    var paused = bench.deliver(job);
    bench.leaseEnds(job);
    paused.finish(agent);
    assertThat(bench.read(job).status()).isEqualTo(Status.succeeded);
    assertThat(bench.slotsTaken()).isZero();
  }

  private void successorIsUntouchedBy(Consumer<JobBench.Delivery> late) {
    var bench = new JobBench(outpost, Tier.FREE);
    var job = bench.submit();
    var paused = bench.deliver(job);
    assertThat(bench.deliver(job).runs()).as("taken while leased").isFalse();
    bench.leaseEnds(job);
    var successor = bench.deliver(job);
    assertThat(successor.runs()).as("taken when the lease has ended").isTrue();

    late.accept(paused);

    assertThat(paused.run().isLost()).isTrue();
    assertThat(bench.read(job).status()).isEqualTo(Status.running);
    assertThat(bench.ledger()).isEmpty();
    assertThat(bench.slotsTaken()).isOne();
    successor.heartbeat();
    assertThat(successor.run().isLost()).isFalse();
    successor.finish(agent);
    assertThat(bench.read(job).status()).isEqualTo(Status.succeeded);
    assertThat(bench.read(job).attempts()).isEqualTo(2);
    assertThat(bench.ledger()).containsExactly(job.jobId());
    assertThat(bench.transitions(job))
        .containsExactly("job.running", "job.running", "job.succeeded");
    assertThat(bench.slotsTaken()).isZero();
  }
}
