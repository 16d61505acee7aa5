package io.outpost.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.outpost.job.Job.Status;
import io.outpost.kernel.Problem;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import io.outpost.tenant.Tier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The job's state alone decides about a message in the dead-letter queue. */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class P08JudgedMessagesTest {

  private final LocalOutpost outpost;
  private final JobBench bench;

  P08JudgedMessagesTest(LocalOutpost outpost) {
    this.outpost = outpost;
    this.bench = new JobBench(outpost, Tier.FREE);
  }

  @Test
  void ofAPendingJobWithAttemptsLeftIsSentAgain() {
    var job = bench.submit();
    assertThat(bench.judge(job)).isEqualTo("again");
    bench.deliver(job).fail();
    bench.deliver(job).fail();
    assertThat(bench.judge(job)).isEqualTo("again");
  }

  @Test
  void ofARunningJobIsDropped() {
    var job = bench.submit();
    assertThat(bench.deliver(job).runs()).isTrue();
    assertThat(bench.judge(job)).isEqualTo("drop");
    bench.bury(job);
    assertThat(bench.read(job).status()).isEqualTo(Status.running);
  }

  @Test
  void ofAnEndedJobIsDropped() throws Exception {
    var job = bench.submit();
    bench.deliver(job).finish(JobBench.endedAgent(outpost));
    assertThat(bench.judge(job)).isEqualTo("drop");
    bench.bury(job);
    assertThat(bench.read(job).status()).isEqualTo(Status.succeeded);
  }

  @Test
  void ofAPendingJobWithoutAttemptsLeftBuriesItOnce() {
    var job = bench.submit();
    for (int attempt = 0; attempt < 3; attempt++) {
      bench.deliver(job).fail();
    }
    assertThat(bench.judge(job)).isEqualTo("exhausted");
    assertThat(bench.deliver(job).decision()).isEqualTo(Claims.Decision.exhausted);
    bench.bury(job);
    bench.bury(job);
    assertThatThrownBy(() -> bench.cancel(job))
        .isInstanceOfSatisfying(
            Problem.class, p -> assertThat(p.code()).isEqualTo(Problem.Code.CONFLICT));
    assertThat(bench.read(job).status()).isEqualTo(Status.dead_letter);
    assertThat(bench.transitions(job).stream().filter("job.dead_letter"::equals)).hasSize(1);
    assertThat(bench.counted()).isZero();
    assertThat(bench.ledger()).isEmpty();
    assertThat(bench.slotsTaken()).isZero();
  }
}
