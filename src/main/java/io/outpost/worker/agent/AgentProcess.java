package io.outpost.worker.agent;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run of an agent: its processes, its output so far, its end. It ends by itself, at its time
 * limit or when asked; its result is known once no process of it is left. Safe for use by many
 * threads.
 */
public final class AgentProcess {

  /** How long processes have between being asked to end and being killed. */
  static final Duration GRACE = Duration.ofSeconds(5);

  private static final Logger LOG = LoggerFactory.getLogger(AgentProcess.class);

  private final AgentLaunch launch;
  private final JobDirectory directory;
  private final Confinement confinement;
  private final OutputSpool spool;
  private final long started = System.nanoTime();
  private final CompletableFuture<StopReason> stop = new CompletableFuture<>();
  private final CompletableFuture<AgentResult> result = new CompletableFuture<>();

  /**
   * A command of the run.
   *
   * @param builder ready to start
   * @param input what it gets on standard input
   */
  record Step(ProcessBuilder builder, String input) {}

  private AgentProcess(AgentLaunch launch, Confinement confinement, OutputSpool spool) {
    this.launch = launch;
    this.directory = new JobDirectory(launch.directory());
    this.confinement = confinement;
    this.spool = spool;
  }

  /**
   * Starts the first step; the others follow while each ends with 0. The last one is the agent
   * itself.
   */
  static AgentProcess start(
      AgentLaunch launch, Confinement confinement, OutputSpool spool, List<Step> steps)
      throws IOException {
    AgentProcess run = new AgentProcess(launch, confinement, spool);
    Process first = steps.getFirst().builder().start();
    Thread.ofPlatform()
        .daemon()
        .name("agent-" + launch.slot())
        .start(() -> run.supervise(first, steps));
    return run;
  }

  /** Whether any process of the run may still exist. */
  public boolean isRunning() {
    return !result.isDone();
  }

  /** Waits until the run has ended, at most that long; says whether it has. */
  public boolean awaitChange(Duration atMost) throws InterruptedException {
    try {
      result.get(atMost.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      return true;
    }
    return true;
  }

  /**
   * The file with standard output and standard error in their order, without provider keys; it
   * grows while running.
   */
  public Path output() {
    return directory.output();
  }

  /** How many bytes of {@link #output} are there by now. */
  public long outputBytes() {
    return spool.size();
  }

  /**
   * Has the run stopped, within {@link #GRACE} and a moment; returns at once. The first reason
   * counts.
   */
  public void stop(StopReason reason) {
    stop.complete(reason);
  }

  /**
   * How the run ended.
   *
   * @throws IllegalStateException while it is running, or when the worker itself failed to carry it
   *     out
   */
  public AgentResult result() {
    return result.resultNow();
  }

  private void supervise(Process first, List<Step> steps) {
    try {
      Ended ended = carryOut(first, steps.getFirst());
      for (Step step : steps.subList(1, steps.size())) {
        if (ended.exitCode() != 0 || ended.stopped().isPresent()) {
          break;
        }
        ended = carryOut(step.builder().start(), step);
      }
      spool.close();
      result.complete(resultOf(ended));
    } catch (IOException | InterruptedException | RuntimeException e) {
      LOG.error("Running {} failed", launch, e);
      result.completeExceptionally(e);
    }
  }

  private record Ended(int exitCode, Optional<StopReason> stopped) {}

  private Ended carryOut(Process process, Step step) throws InterruptedException {
    Thread reader =
        Thread.ofPlatform()
            .daemon()
            .name("agent-output-" + launch.slot())
            .start(() -> drain(process));
    Thread.startVirtualThread(() -> feed(process, step.input()));
    Optional<StopReason> stopped = awaitEnd(process);
    confinement.kill(process.toHandle(), directory, launch.slot());
    int exitCode = process.waitFor();
    // A process that got away may hold the pipe open: its words are not waited for.
    reader.join(GRACE);
    return new Ended(exitCode, stopped);
  }

  /** Waits for the end or a reason to stop; in the second case gives the processes their grace. */
  private Optional<StopReason> awaitEnd(Process process) throws InterruptedException {
    long left = launch.timeLimit().toNanos() - (System.nanoTime() - started);
    if (!within(left, CompletableFuture.anyOf(process.onExit(), stop))) {
      stop.complete(StopReason.TIME_LIMIT);
    }
    if (!process.isAlive()) {
      return Optional.empty();
    }
    confinement.terminate(process.toHandle(), directory, launch.slot());
    within(GRACE.toNanos(), process.onExit());
    return Optional.of(stop.join());
  }

  private static boolean within(long nanos, CompletableFuture<?> event)
      throws InterruptedException {
    try {
      event.get(nanos, TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  private void drain(Process process) {
    try {
      spool.drain(process.getInputStream());
    } catch (IOException e) {
      LOG.debug("The output of {} ended early", launch, e);
    }
  }

  private void feed(Process process, String input) {
    try (OutputStream in = process.getOutputStream()) {
      in.write(input.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      LOG.debug("{} did not read all of its input", launch, e);
    }
  }

  private AgentResult resultOf(Ended ended) throws IOException {
    boolean succeeded =
        ended.stopped().isEmpty() && launch.agent().successCodes().contains(ended.exitCode());
    Duration duration = Duration.ofNanos(System.nanoTime() - started);
    Optional<AgentUsage> usage =
        launch.agent().usage() == null
            ? Optional.empty()
            : UsageReader.read(directory.output(), launch.agent().usage());
    return new AgentResult(
        succeeded, ended.exitCode(), ended.stopped(), duration, spool.cut(), usage);
  }
}
