package io.outpost.worker.agent;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A running porter. It ends by itself, when it takes too long, when an agent that it measures stops
 * it by a signal, or when it is closed; then all its processes are gone. For one thread.
 */
public final class PorterProcess implements AutoCloseable {

  private static final Duration ROUND = Duration.ofSeconds(1);

  /**
   * How long to wait for the end of the porter's messages: child processes may outlive it and keep
   * the pipe open.
   */
  private static final Duration LAST_WORDS = Duration.ofSeconds(5);

  /** The maximum number of bytes of messages that are kept. */
  private static final int SAID = 8 * 1024;

  private final String name;
  private final Process process;
  private final CompletableFuture<String> said = new CompletableFuture<>();
  private final Thread watchdog;

  /**
   * A porter that was just started.
   *
   * @param longest the time limit
   */
  PorterProcess(String name, Process process, Duration longest) {
    this.name = name;
    this.process = process;
    Thread.ofVirtual().name("porter-errors").start(() -> said.complete(errors()));
    this.watchdog = Thread.ofVirtual().name("porter-time").start(() -> endWhenHeld(longest));
  }

  /** The porter's standard input. The caller must close it. */
  public OutputStream input() {
    return process.getOutputStream();
  }

  /** The porter's standard output, which must not be trusted. */
  public InputStream output() {
    return process.getInputStream();
  }

  /** Waits for the porter's end; 0 means success. */
  public int exitCode() throws InterruptedException {
    return process.waitFor();
  }

  /**
   * The beginning of the porter's standard error, without control characters. Empty when it does
   * not end: an agent can kill the porter and stop one of its child processes, which then never
   * ends.
   */
  public String said() {
    return said.copy().completeOnTimeout("", LAST_WORDS.toMillis(), TimeUnit.MILLISECONDS).join();
  }

  /**
   * Waits until the porter has ended successfully.
   *
   * @throws IOException when it fails
   */
  public void awaitSuccess() throws IOException {
    try {
      if (exitCode() != 0) {
        throw new IOException(
            "The porter %s ended with %d: %s".formatted(name, exitCode(), said().strip()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted", e);
    }
  }

  @Override
  public void close() {
    watchdog.interrupt();
    processes().forEach(ProcessHandle::destroyForcibly);
  }

  private Stream<ProcessHandle> processes() {
    return Stream.concat(process.descendants(), Stream.of(process.toHandle()));
  }

  private void endWhenHeld(Duration longest) {
    long end = System.nanoTime() + longest.toNanos();
    try {
      while (!process.waitFor(ROUND.toMillis(), TimeUnit.MILLISECONDS)) {
        if (System.nanoTime() > end || processes().anyMatch(ProcessTable::isStopped)) {
          processes().forEach(ProcessHandle::destroyForcibly);
        }
      }
    } catch (InterruptedException e) {
      // Closing the porter stops this watch.
    }
  }

  private String errors() {
    try (InputStream errors = process.getErrorStream()) {
      String first = new String(errors.readNBytes(SAID), StandardCharsets.ISO_8859_1);
      errors.transferTo(OutputStream.nullOutputStream());
      return PlainText.lines(first);
    } catch (IOException e) {
      return "";
    }
  }
}
