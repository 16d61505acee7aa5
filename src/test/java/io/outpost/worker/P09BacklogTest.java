package io.outpost.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.job.Job;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import io.outpost.local.Sizes;
import io.outpost.tenant.Tier;
import io.outpost.worker.Claims.Decision;
import io.outpost.worker.JobBench.Delivery;
import io.outpost.worker.agent.AgentProcess;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * How many jobs of a tenant with hundreds waiting (a thousand in the profile deep) start before
 * another tenant's only one, by counting starts: deliveries come in an order that a seed chooses,
 * decided by the worker's own claims, without threads and without any time that could run out.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class P09BacklogTest {

  private static final int BACKLOG = Sizes.of(200, 1000);
  private static final int CAP = Tier.PRO.slots();
  private static final int SUBMIT_AT_ONCE = 4;

  private final LocalOutpost outpost;
  private final JobBench busy;
  private final AgentProcess agent;
  private final List<Job> backlog = Collections.synchronizedList(new ArrayList<>());

  P09BacklogTest(EmbeddedAws aws) throws Exception {
    outpost =
        LocalOutpost.on(
            aws.endpoints(),
            "local",
            Map.of(
                "server.port", 0,
                "outpost.env", "backlog",
                "outpost.agents.demo", "always",
                "outpost.jobs.resend-after", "12h",
                "outpost.worker.lease-seconds", 40_000));
    busy = new JobBench(outpost, Tier.PRO);
    agent = JobBench.endedAgent(outpost);
  }

  @BeforeAll
  void manyJobsWait() throws Exception {
    AtOnce.run(
        Collections.nCopies(
            SUBMIT_AT_ONCE,
            () -> {
              for (int i = 0; i < BACKLOG / SUBMIT_AT_ONCE; i++) {
                backlog.add(busy.submitBeyondQuota());
              }
            }));
  }

  @AfterAll
  void close() {
    outpost.close();
  }

  /**
   * The bound of docs/architecture.md. In order, all messages of the first tenant come before the
   * other tenant's; in random order, it may be anywhere.
   */
  @ParameterizedTest
  @CsvSource({"1, true, 0", "2, true, 10", "3, false, 0", "4, false, 10", "5, false, 40"})
  void atMostTheCapAndOneForEachJobThatEndsStartBeforeAnothersOnlyJob(
      long seed, boolean inTheirOrder, int endsInAHundred) {
    assertThat(backlog).hasSize(BACKLOG);
    var line = new Line(new Random(seed), inTheirOrder, endsInAHundred);
    line.run();
    assertThat(line.starts).as("k, with %d ended", line.ends).isBetween(1, CAP + line.ends);
    assertThat(line.ends > 0).isEqualTo(endsInAHundred > 0);
    line.restore();
  }

  /** A lane with both tenants' messages, and workers that always have a free slot. */
  private final class Line {

    private final Random random;
    private final boolean inTheirOrder;
    private final int endsInAHundred;
    private final JobBench other = new JobBench(outpost, Tier.FREE);
    private final Job only = other.submit();
    private final List<Job> waiting = new ArrayList<>(backlog);
    private final List<Job> held = new ArrayList<>();
    private final Map<Job, Delivery> running = new LinkedHashMap<>();
    private final List<Job> ended = new ArrayList<>();
    private int starts;
    private int ends;

    Line(Random random, boolean inTheirOrder, int endsInAHundred) {
      this.random = random;
      this.inTheirOrder = inTheirOrder;
      this.endsInAHundred = endsInAHundred;
      waiting.add(only);
    }

    /** Runs until the other tenant's job starts, which is at its first delivery. */
    void run() {
      for (var next = next(); !next.equals(only); next = next()) {
        deliver(next);
        if (!running.isEmpty() && random.nextInt(100) < endsInAHundred) {
          end(anyOf(new ArrayList<>(running.keySet())));
        }
        if (random.nextInt(10) == 0) {
          deliverAgain();
        }
        if (!held.isEmpty() && random.nextInt(3) == 0) {
          waiting.add(held.remove(random.nextInt(held.size())));
        }
      }
      var delivery = other.deliver(only);
      assertThat(delivery.decision()).isEqualTo(Decision.run);
      delivery.finish(agent);
    }

    private Job next() {
      return waiting.remove(inTheirOrder ? 0 : random.nextInt(waiting.size()));
    }

    /** Delivers a job, which starts if the tenant is below its cap. */
    private void deliver(Job job) {
      var delivery = busy.deliver(job);
      assertThat(delivery.decision())
          .as("with %d running", running.size())
          .isEqualTo(running.size() < CAP ? Decision.run : Decision.hold);
      if (delivery.runs()) {
        running.put(job, delivery);
        starts++;
      } else {
        held.add(job);
      }
    }

    /** Frees a slot by the job's end or release. */
    private void end(Job job) {
      var delivery = running.remove(job);
      ends++;
      if (random.nextBoolean()) {
        delivery.finish(agent);
        ended.add(job);
      } else {
        delivery.handBack();
        held.add(job);
      }
    }

    /** Delivers a second message of a running or ended job, which changes nothing. */
    private void deliverAgain() {
      var started = new ArrayList<>(running.keySet());
      started.addAll(ended);
      if (!started.isEmpty()) {
        assertThat(busy.deliver(anyOf(started)).decision()).isEqualTo(Decision.drop);
      }
    }

    private Job anyOf(List<Job> jobs) {
      return jobs.get(random.nextInt(jobs.size()));
    }

    /** Checks that no slot was lost or used twice, and refills the lane. */
    void restore() {
      assertThat(busy.slotsTaken()).isEqualTo(running.size());
      running.values().forEach(Delivery::handBack);
      assertThat(busy.slotsTaken()).isZero();
      backlog.removeAll(ended);
      ended.forEach(job -> backlog.add(busy.submitBeyondQuota()));
    }
  }
}
