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
 * A running porter. It ends by itself, when it takes too long, when a measured agent stops it by a
 * signal, or when it is closed; then all its processes are gone. For one thread.
 */
public final class PorterProcess implements AutoCloseable {

  private static final Duration ROUND = Duration.ofSeconds(1);

  /**
   * How long its output is waited for, because processes of its own may outlive it and keep the
   * pipe open.
   */
  private static final Duration LAST_WORDS = Duration.ofSeconds(5);

  /** The maximum of its messages that is kept. */
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

  /** Its standard input; must be closed. */
  public OutputStream input() {
    return process.getOutputStream();
  }

  /** Its standard output, which must not be trusted. */
  public InputStream output() {
    return process.getInputStream();
  }

  /** Waits for its end; 0 means success. */
  public int exitCode() throws InterruptedException {
    return process.waitFor();
  }

  /**
   * The beginning of its standard error, one line each, without control characters; empty when an
   * agent has killed it and stopped one of its own processes, which never ends.
   */
  public String said() {
    return said.copy().completeOnTimeout("", LAST_WORDS.toMillis(), TimeUnit.MILLISECONDS).join();
  }

  /**
   * Waits for its successful end.
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
      // Closing ends it.
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
