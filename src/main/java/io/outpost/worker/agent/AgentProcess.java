package io.outpost.worker.agent;

import io.outpost.worker.agent.StepRun.Ended;
import io.outpost.worker.agent.StepRun.Step;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run of an agent: its processes, output and end. A run ends by itself, at a limit or on
 * request; its result is available once all its processes are gone. Safe for use by many threads.
 */
public final class AgentProcess {

  private static final Logger LOG = LoggerFactory.getLogger(AgentProcess.class);

  private final AgentLaunch launch;
  private final Slots slots;
  private final OutputSpool spool;
  private final ResourceWatch watch;
  private final long started = System.nanoTime();
  private final CompletableFuture<Process> launched = new CompletableFuture<>();
  private final CompletableFuture<StopReason> stop = new CompletableFuture<>();
  private final CompletableFuture<AgentResult> result = new CompletableFuture<>();

  private AgentProcess(AgentLaunch launch, Slots slots, OutputSpool spool, ResourceWatch watch) {
    this.launch = launch;
    this.slots = slots;
    this.spool = spool;
    this.watch = watch;
  }

  /**
   * Starts the first step; each next step starts when the previous one exits with 0. The last step
   * is the agent itself.
   */
  static AgentProcess start(
      AgentLaunch launch, Slots slots, OutputSpool spool, ResourceWatch watch, List<Step> steps)
      throws IOException {
    AgentProcess run = new AgentProcess(launch, slots, spool, watch);
    // The kernel kills these processes when the thread that started them ends, so this thread lives
    // as long as they do.
    Thread.ofPlatform().daemon().name("agent-" + launch.slot()).start(() -> run.supervise(steps));
    try {
      run.launched.join();
      return run;
    } catch (CompletionException e) {
      throw new IOException("The agent could not be started", e.getCause());
    }
  }

  /** Whether any process of the run may still exist. */
  public boolean isRunning() {
    return !result.isDone();
  }

  /** Waits until the run has ended, for a limited time; returns whether it has. */
  public boolean awaitChange(Duration atMost) throws InterruptedException {
    try {
      result.get(atMost.toNanos(), TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      return true;
    }
  }

  /**
   * The file with standard output and standard error in the order of writing, without secrets;
   * grows during the run.
   */
  public Path output() {
    return launch.directory().output();
  }

  /** The current size of {@link #output}. */
  public long outputBytes() {
    return spool.size();
  }

  /** The consumption that the agent has reported so far. */
  public Optional<AgentUsage> usageSoFar() throws IOException {
    return launch.agent().usage() == null
        ? Optional.empty()
        : UsageReader.read(output(), launch.agent().usage());
  }

  /**
   * Requests a stop and returns at once; stopping takes a little more than five seconds. Only the
   * first reason counts.
   */
  public void stop(StopReason reason) {
    stop.complete(reason);
  }

  /**
   * The result of the run.
   *
   * @throws IllegalStateException while it is running, or when the worker itself failed
   */
  public AgentResult result() {
    return result.resultNow();
  }

  private void supervise(List<Step> steps) {
    StepRun run =
        new StepRun(launch, slots, spool, watch, started + launch.timeLimit().toNanos(), stop);
    try (spool) {
      Ended ended = new Ended(0, Optional.empty());
      for (Step step : steps) {
        if (ended.well()) {
          ended = run.carryOut(step, launched::complete);
        }
      }
      spool.close();
      result.complete(resultOf(ended));
    } catch (IOException | InterruptedException | RuntimeException e) {
      if (!launched.completeExceptionally(e)) {
        LOG.error("Running {} failed", launch, e);
      }
      result.completeExceptionally(e);
    }
  }

  private AgentResult resultOf(Ended ended) throws IOException {
    boolean succeeded =
        ended.stopped().isEmpty() && launch.agent().successCodes().contains(ended.exitCode());
    Duration duration = Duration.ofNanos(System.nanoTime() - started);
    var kept = launch.agent().conversation();
    Optional<String> conversation =
        kept == null ? Optional.empty() : UsageReader.first(output(), kept.session());
    return new AgentResult(
        succeeded,
        ended.exitCode(),
        ended.stopped(),
        duration,
        spool.cut(),
        usageSoFar(),
        conversation);
  }
}
