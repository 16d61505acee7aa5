package io.outpost.worker.agent;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Runs a script with git on a run's files while no agent runs there: as the slot's user, confined
 * and limited like an agent, so that a hostile repository gains nothing by manipulating git. For
 * one thread.
 *
 * @param stop gives the reason to stop the script; empty: none
 */
record GitRun(
    Slots slots, ResourceWatch watch, JobFiles files, Supplier<Optional<StopReason>> stop) {

  private static final Duration LONGEST = Duration.ofMinutes(15);
  private static final long ROUND = 200;

  /** The maximum number of bytes of the script's output that are read. */
  private static final int MOST = 8 * 1024;

  /**
   * Runs the script on a thread of its own, because the kernel kills a process with the thread that
   * started it.
   */
  RepositoryScript.Ended run(String script, List<String> arguments, String input)
      throws IOException {
    var ended = new CompletableFuture<RepositoryScript.Ended>();
    Thread.ofPlatform()
        .daemon()
        .name("git-" + files.slot())
        .start(
            () -> {
              try {
                ended.complete(carryOut(script, arguments, input));
              } catch (IOException | InterruptedException | RuntimeException e) {
                ended.completeExceptionally(e);
              }
            });
    try {
      return ended.join();
    } catch (CompletionException e) {
      throw new IOException("git could not be run", e.getCause());
    }
  }

  private RepositoryScript.Ended carryOut(String script, List<String> arguments, String input)
      throws IOException, InterruptedException {
    var process = start(script, arguments);
    try {
      var lines = read(process.getInputStream());
      var said = read(process.getErrorStream());
      Thread.startVirtualThread(() -> feed(process, input));
      var stopped = awaitEnd(process);
      files.kill(process.toHandle());
      return new RepositoryScript.Ended(
          process.waitFor(),
          lines.join().lines().toList(),
          PlainText.lines(said.join()).strip(),
          stopped);
    } finally {
      process.destroyForcibly();
    }
  }

  private Process start(String script, List<String> arguments) throws IOException {
    Path shell =
        Isolation.TOOLS
            .find("bash")
            .orElseThrow(() -> new IOException("bash is not installed here"));
    List<String> own = new ArrayList<>(List.of(shell.toString(), "-c", script, "git-run"));
    own.add(files.directory().root().toString());
    own.addAll(arguments);
    List<String> command =
        new ArrayList<>(
            slots
                .confinement()
                .prefix(files.directory(), files.slot(), LONGEST, List.of(shell.toString())));
    command.addAll(own);
    ProcessBuilder builder = new ProcessBuilder(command).directory(Path.of("/").toFile());
    builder.environment().clear();
    builder.environment().put("PATH", Isolation.TOOLS.folders());
    builder.environment().put("LC_ALL", "C");
    return builder.start();
  }

  private Optional<StopReason> awaitEnd(Process process) throws InterruptedException {
    long deadline = System.nanoTime() + LONGEST.toNanos();
    long next = System.nanoTime() + watch.pause();
    while (!process.waitFor(ROUND, TimeUnit.MILLISECONDS)) {
      Optional<StopReason> reason = stop.get();
      if (reason.isEmpty() && System.nanoTime() > deadline) {
        reason = Optional.of(StopReason.TIME_LIMIT);
      }
      if (reason.isEmpty() && System.nanoTime() > next) {
        reason = watch.exceeded(() -> measure(process));
        next = System.nanoTime() + watch.pause();
      }
      if (reason.isPresent()) {
        return reason;
      }
    }
    return Optional.empty();
  }

  private ResourceWatch.Taken measure(Process process) throws IOException {
    var members = slots.confinement().members(process.toHandle(), files.directory(), files.slot());
    return slots.measure(files.directory(), files.slot(), members);
  }

  private static CompletableFuture<String> read(InputStream from) {
    var text = new CompletableFuture<String>();
    Thread.startVirtualThread(
        () -> {
          try (from) {
            text.complete(new String(from.readNBytes(MOST), StandardCharsets.ISO_8859_1));
            from.transferTo(OutputStream.nullOutputStream());
          } catch (IOException e) {
            text.complete("");
          }
        });
    return text;
  }

  private static void feed(Process process, String input) {
    try (OutputStream in = process.getOutputStream()) {
      in.write(input.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      // The script ended before it had read all its input. Its output says why.
    }
  }
}
