package io.outpost.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.job.Job;
import io.outpost.job.Job.Status;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import io.outpost.tenant.Tier;
import io.outpost.worker.agent.AgentProcess;
import java.util.ArrayList;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/** A tenant never runs more jobs at once than its tier allows, however workers start and stop. */
@Tag("product")
@ExtendWith(SharedOutpost.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class P11TenantSlotsTest {

  private static final int JOBS = 90;
  private static final int WORKERS = 16;

  private final LocalOutpost outpost;
  private AgentProcess agent;

  /** Its sweeper sends none of these jobs again during a test. */
  P11TenantSlotsTest(EmbeddedAws aws) {
    outpost =
        LocalOutpost.on(
            aws.endpoints(),
            "local",
            Map.of(
                "server.port", 0,
                "outpost.env", "slots",
                "outpost.agents.demo", "always",
                "outpost.jobs.resend-after", "12h"));
  }

  @AfterAll
  void close() {
    outpost.close();
  }

  @BeforeAll
  void anAgentThatHasEnded() throws Exception {
    agent = JobBench.endedAgent(outpost);
  }

  @Test
  void parallelClaimsNeverExceedTheCapAndLeaveNoSlotTaken() throws Exception {
    var bench = new JobBench(outpost, Tier.PRO);
    var waiting = new ConcurrentLinkedQueue<Job>();
    for (int i = 0; i < JOBS; i++) {
      waiting.add(bench.submit());
    }
    var running = new AtomicInteger();
    var most = new AtomicInteger();
    var workers = new ArrayList<AtOnce.Step>();
    for (int i = 0; i < WORKERS; i++) {
      workers.add(() -> work(bench, waiting, running, most));
    }
    AtOnce.run(workers);
    assertThat(most.get()).as("most at once").isBetween(2, Tier.PRO.slots());
    assertThat(bench.ledger()).hasSize(JOBS).doesNotHaveDuplicates();
    assertThat(bench.slotsTaken()).isZero();
  }

  private void work(
      JobBench bench,
      ConcurrentLinkedQueue<Job> waiting,
      AtomicInteger running,
      AtomicInteger most) {
    for (Job job; (job = waiting.poll()) != null; ) {
      var delivery = bench.deliver(job);
      if (delivery.runs()) {
        most.accumulateAndGet(running.incrementAndGet(), Math::max);
        delivery.heartbeat();
        running.decrementAndGet();
        delivery.finish(agent);
      } else {
        assertThat(delivery.decision()).isEqualTo(Claims.Decision.hold);
        waiting.add(job);
      }
    }
  }

  @Test
  void theSlotOfACrashedWorkerIsFreeWhenItsLeaseEndsAndNotBefore() {
    var bench = new JobBench(outpost, Tier.FREE);
    var crashed = bench.submit();
    var next = bench.submit();
    assertThat(bench.deliver(crashed).runs()).isTrue();
    assertThat(bench.deliver(next).decision()).isEqualTo(Claims.Decision.hold);
    bench.leaseEnds(crashed);
    var delivery = bench.deliver(next);
    assertThat(delivery.runs()).isTrue();
    assertThat(bench.deliver(crashed).decision()).isEqualTo(Claims.Decision.hold);
    delivery.finish(agent);
    var again = bench.deliver(crashed);
    assertThat(again.runs()).isTrue();
    again.finish(agent);
    assertThat(bench.read(crashed).status()).isEqualTo(Status.succeeded);
    assertThat(bench.slotsTaken()).isZero();
  }
}
