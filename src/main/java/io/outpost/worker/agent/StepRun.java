package io.outpost.worker.agent;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one command of a run, until all its processes are gone.
 *
 * @param deadline by the clock of {@link System#nanoTime}
 * @param stop completed with a reason to stop the run, by a caller or, at a limit, by this class
 */
record StepRun(
    AgentLaunch launch,
    Slots slots,
    OutputSpool spool,
    ResourceWatch watch,
    long deadline,
    CompletableFuture<StopReason> stop) {

  /** The time between asking processes to end and killing them. */
  static final Duration GRACE = Duration.ofSeconds(5);

  private static final Logger LOG = LoggerFactory.getLogger(StepRun.class);

  /**
   * A command of the run.
   *
   * @param builder ready to start
   * @param input its standard input
   * @param secret whether the input must not touch the disk
   */
  record Step(ProcessBuilder builder, String input, boolean secret) {}

  /** How the command ended. */
  record Ended(int exitCode, Optional<StopReason> stopped) {

    boolean well() {
      return exitCode == 0 && stopped.isEmpty();
    }
  }

  Ended carryOut(Step step, Consumer<Process> launched) throws IOException, InterruptedException {
    // Needed for each step: the end of the step before may have marked the slot as empty.
    slots.confinement().occupy(launch.slot());
    try (StandardStreams streams = StandardStreams.of(launch, slots, step)) {
      Process process = streams.start(step.builder());
      launched.accept(process);
      Thread reader =
          Thread.ofPlatform()
              .daemon()
              .name("agent-output-" + launch.slot())
              .start(() -> drain(streams));
      Thread.startVirtualThread(() -> feed(process, step));
      Optional<StopReason> stopped = awaitEnd(process);
      launch.files().kill(process.toHandle());
      int exitCode = process.waitFor();
      // The output may never end, because a process that escaped may keep the pipe open.
      reader.join(GRACE);
      return new Ended(exitCode, stopped);
    }
  }

  /**
   * Waits for the command's end or a reason to stop. When stopped, the processes get their grace.
   */
  private Optional<StopReason> awaitEnd(Process process) throws InterruptedException {
    CompletableFuture<Object> event = CompletableFuture.anyOf(process.onExit(), stop);
    long left = deadline - System.nanoTime();
    while (left > 0 && !within(Math.min(left, watch.pause()), event)) {
      watch.exceeded(() -> measure(process)).ifPresent(stop::complete);
      left = deadline - System.nanoTime();
    }
    if (!event.isDone()) {
      stop.complete(StopReason.TIME_LIMIT);
    }
    if (!process.isAlive()) {
      return Optional.empty();
    }
    askToEnd(process);
    within(GRACE.toNanos(), process.onExit());
    return Optional.of(stop.join());
  }

  /**
   * Signals each process except bubblewrap, which would kill the processes in its sandbox at once.
   */
  private static void askToEnd(Process process) {
    Stream.concat(Stream.of(process.toHandle()), process.descendants())
        .filter(
            member ->
                member.info().command().filter(command -> command.endsWith("/bwrap")).isEmpty())
        .forEach(ProcessHandle::destroy);
  }

  private ResourceWatch.Taken measure(Process process) throws IOException {
    return slots.measure(
        launch.directory(),
        launch.slot(),
        slots.confinement().members(process.toHandle(), launch.directory(), launch.slot()));
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

  private void drain(StandardStreams streams) {
    try (InputStream output = streams.output()) {
      spool.drain(output);
    } catch (IOException e) {
      LOG.debug("The output of {} ended early", launch, e);
    }
  }

  private void feed(Process process, Step step) {
    try (OutputStream in = process.getOutputStream()) {
      if (step.secret()) {
        in.write(step.input().getBytes(StandardCharsets.UTF_8));
      }
    } catch (IOException e) {
      LOG.debug("{} did not read all of its input", launch, e);
    }
  }
}
