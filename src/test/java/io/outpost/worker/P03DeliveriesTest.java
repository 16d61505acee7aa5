package io.outpost.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.job.Job;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import io.outpost.local.Sizes;
import io.outpost.tenant.Tier;
import io.outpost.worker.agent.AgentProcess;
import java.util.Collections;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Messages are delivered twice, concurrently and late; the job runs once and has its effects once.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class P03DeliveriesTest {

  private static final int JOBS = Sizes.of(100, 300);

  private final LocalOutpost outpost;
  private AgentProcess agent;

  P03DeliveriesTest(LocalOutpost outpost) {
    this.outpost = outpost;
  }

  @BeforeAll
  void anAgentThatHasEnded() throws Exception {
    agent = JobBench.endedAgent(outpost);
  }

  @Test
  void twoToFiveDeliveriesAtOnceAndOthersLateRunAJobOnce() throws Exception {
    var random = new Random(3);
    var bench = new JobBench(outpost, Tier.ENTERPRISE);
    for (int i = 0; i < JOBS; i++) {
      var job = bench.submit();
      var runs = new AtomicInteger();
      AtOnce.run(Collections.nCopies(2 + random.nextInt(4), () -> deliver(bench, job, runs)));
      for (int late = random.nextInt(3); late > 0; late--) {
        deliver(bench, job, runs);
      }
      assertThat(runs).hasValue(1);
      assertThat(bench.read(job).attempts()).isOne();
      assertThat(bench.transitions(job)).containsExactly("job.running", "job.succeeded");
    }
    assertThat(bench.ledger()).hasSize(JOBS).doesNotHaveDuplicates();
    assertThat(bench.slotsTaken()).isZero();
  }

  private void deliver(JobBench bench, Job job, AtomicInteger runs) {
    var delivery = bench.deliver(job);
    if (delivery.runs()) {
      runs.incrementAndGet();
      delivery.finish(agent);
    }
  }
}
