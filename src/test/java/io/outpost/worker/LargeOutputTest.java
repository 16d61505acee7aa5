package io.outpost.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.MeterRegistry;
import io.outpost.agents.AgentCatalogue;
import io.outpost.aws.Names;
import io.outpost.blackbox.Client;
import io.outpost.telemetry.Tracing;
import io.outpost.tenant.Tier;
import io.outpost.worker.ImpatientOutpost.Impatient;
import io.outpost.worker.agent.AgentInventory;
import io.outpost.worker.agent.AgentLauncher;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.util.FileSystemUtils;

/** An agent's output is not held in the worker's memory and can be read while the agent runs. */
@Tag("product")
@ExtendWith(ImpatientOutpost.class)
class LargeOutputTest {

  /** The limit of a job's output in bytes; the demo agent prints a few lines more. */
  private static final long LIMIT = ImpatientOutpost.OUTPUT * 1024L * 1024;

  private static final long HELD_AT_MOST = 50L * 1024 * 1024;
  private static final Duration LONG = Duration.ofMinutes(10);

  private final Impatient impatient;
  private final Client tenant;

  LargeOutputTest(Impatient impatient) {
    this.impatient = impatient;
    this.tenant = impatient.tenant("pro");
  }

  @Test
  void theMostThatIsKeptIsStoredWithoutBeingHeldInMemory() throws Exception {
    var bench = new JobBench(impatient.outpost(), Tier.PRO);
    var delivery = bench.deliver(bench.submit());
    // The agent ends before any output is stored: it never waits for the store.
    var agent =
        JobBench.endedAgent(
            impatient.outpost(), "print %dm bytes".formatted(ImpatientOutpost.OUTPUT));
    delivery.run().started(agent);
    try (var store = new SlowStore(LIMIT);
        var s3 = store.client()) {
      var runs =
          new AgentRuns(
              bench.bean(AgentCatalogue.class),
              bench.bean(AgentLauncher.class),
              bench.bean(ProviderKeys.class),
              s3,
              bench.bean(Names.class),
              bench.bean(WorkerSettings.class),
              bench.bean(AgentInventory.class),
              bench.bean(Tracing.class),
              bench.bean(MeterRegistry.class),
              bench.bean(RunObjectives.class),
              "");
      var before = used();
      var storing = CompletableFuture.runAsync(() -> store(runs, delivery.run()));
      store.awaitAllButTheEnd();
      assertThat(used() - before).as("bytes held while storing").isLessThan(HELD_AT_MOST);
      store.takeTheEnd();
      storing.get(LONG.toSeconds(), TimeUnit.SECONDS);
      assertThat(agent.result().outputCut()).isTrue();
      assertThat(agent.outputBytes()).isBetween(LIMIT, LIMIT + 1000);
      assertThat(store.received())
          .as("with what the protocol adds")
          .isBetween(agent.outputBytes(), LIMIT / 1000 * 1001);
    } finally {
      FileSystemUtils.deleteRecursively(agent.output().getParent());
    }
  }

  private static void store(AgentRuns runs, Run run) {
    try {
      runs.storeOutput(run);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long used() {
    var memory = ManagementFactory.getMemoryMXBean();
    memory.gc();
    return memory.getHeapMemoryUsage().getUsed();
  }

  @Test
  void outputIsReadWhileTheAgentRunsFirstDirectlyThenByALink() {
    var jobId = tenant.submit("claude", "sleep 6 print 2m bytes sleep 300");
    var path = "/jobs/" + jobId + "/output";
    var first = await().until(() -> tenant.get(path), answer -> answer.status() != 404);
    assertThat(first.status()).isEqualTo(200);
    assertThat(first.body()).contains("demo claude").doesNotContain("done");
    var large = await().until(() -> tenant.get(path), answer -> answer.status() != 200);
    assertThat(large.status()).isEqualTo(302);
    assertThat(large.headers().map()).doesNotContainKey("Content-Type");
    assertThat(tenant.get("/jobs/" + jobId).text("status")).isEqualTo("running");
    var output = new Client(tenant.http(), "", null).get(large.header("Location"));
    assertThat(output.body()).hasSizeGreaterThan(1024 * 1024).doesNotContain("done");
    assertThat(tenant.delete("/jobs/" + jobId).status()).isEqualTo(200);
  }
}
