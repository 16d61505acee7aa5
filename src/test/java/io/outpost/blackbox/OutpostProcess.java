package io.outpost.blackbox;

import static org.awaitility.Awaitility.await;

import io.outpost.local.LocalOutpost;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What {@code mvn spring-boot:test-run} starts, or another program, as a process of its own. */
public final class OutpostProcess implements AutoCloseable {

  private static final Duration LONGEST_START = Duration.ofMinutes(2);
  private static final Pattern READY = Pattern.compile("Outpost is ready at (\\S+)");

  private final Process process;
  private final Path log;

  private OutpostProcess(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  /**
   * Starts it in a folder, on a JVM like the test's, on a free port unless the environment says
   * another.
   *
   * @param environment added to the test's own
   */
  static OutpostProcess start(Path folder, Map<String, String> environment) throws IOException {
    return start(LocalOutpost.class, folder, environment);
  }

  /** The same for another program. */
  public static OutpostProcess start(
      Class<?> program, Path folder, Map<String, String> environment, String... arguments)
      throws IOException {
    var log = Files.createTempFile(folder, "outpost", ".log");
    var command =
        Stream.of(
                Stream.of(ProcessHandle.current().info().command().orElseThrow()),
                ManagementFactory.getRuntimeMXBean().getInputArguments().stream(),
                Stream.of("-cp", System.getProperty("java.class.path")),
                Stream.of(program.getName()),
                Stream.of(arguments))
            .flatMap(part -> part)
            .toList();
    var builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().put("SERVER_PORT", "0");
    builder.environment().put("OUTPOST_AGENTS_DEMO", "always");
    builder.environment().putAll(environment);
    builder.redirectErrorStream(true).redirectOutput(log.toFile());
    return new OutpostProcess(builder.start(), log);
  }

  /** Where it listens, once it says so. */
  String awaitReady() {
    await()
        .atMost(LONGEST_START)
        .until(() -> READY.matcher(printed()).find() || !process.isAlive());
    var ready = READY.matcher(printed());
    if (!ready.find()) {
      throw new IllegalStateException("It did not start:\n" + printed());
    }
    return ready.group(1);
  }

  /** Its exit code, once it has ended by itself. */
  public int awaitExit() throws InterruptedException {
    if (!process.waitFor(LONGEST_START.toSeconds(), TimeUnit.SECONDS)) {
      throw new IllegalStateException("It did not end:\n" + printed());
    }
    return process.exitValue();
  }

  /** Sends SIGTERM, as Ctrl-C ends the process too; false when it has not ended in time. */
  public boolean terminate(Duration limit) throws InterruptedException {
    process.destroy();
    return process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** What it printed so far. */
  public String printed() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Lines that are neither empty nor a line of the log. */
  List<String> said() {
    return printed().lines().filter(line -> !line.isBlank() && !line.matches("\\d{4}-.*")).toList();
  }

  /** The processes that it started and that still run. */
  List<ProcessHandle> children() {
    return process.descendants().toList();
  }

  /** Kills it, and what it started. */
  @Override
  public void close() {
    children().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }
}
