package io.outpost.blackbox;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.Outpost;
import io.outpost.local.AwsClients;
import io.outpost.local.LocalOutpost;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Runs Outpost as a separate process: the local start of {@code mvn spring-boot:test-run}, a
 * container's role, or another program.
 */
public final class OutpostProcess implements AutoCloseable {

  private static final Duration LONGEST_START = Duration.ofMinutes(10);
  private static final Pattern READY =
      Pattern.compile("Outpost is ready at (\\S+)|Started Outpost in ");

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
    var all = new HashMap<>(Map.of("SERVER_PORT", "0", "OUTPOST_AGENTS_DEMO", "always"));
    all.putAll(environment);
    return start(LocalOutpost.class, folder, all);
  }

  /**
   * Starts a container in a folder, on an AWS that is there, in the environment {@code local}.
   *
   * @param profile {@code api} or {@code worker}
   * @param settings Spring properties that win over those of the files
   */
  public static OutpostProcess start(
      Path folder,
      String profile,
      AwsClients.Endpoints aws,
      String adminKey,
      Map<String, Object> settings)
      throws IOException {
    return start(
        Outpost.class, folder, environment(profile, aws, adminKey, settings), new String[0]);
  }

  /** Starts a container of another release, given as a jar. */
  static OutpostProcess start(
      Path jar,
      Path folder,
      String profile,
      AwsClients.Endpoints aws,
      String adminKey,
      Map<String, Object> settings)
      throws IOException {
    return start(
        Stream.of("-jar", jar.toString()), folder, environment(profile, aws, adminKey, settings));
  }

  private static Map<String, String> environment(
      String profile, AwsClients.Endpoints aws, String adminKey, Map<String, Object> settings)
      throws IOException {
    var all = new HashMap<>(aws.settings());
    all.putAll(settings);
    var environment = new HashMap<String, String>();
    environment.put("SPRING_PROFILES_ACTIVE", profile);
    environment.put("SPRING_APPLICATION_JSON", new ObjectMapper().writeValueAsString(all));
    environment.put("AWS_REGION", "us-east-1");
    environment.put("OUTPOST_AWS_ACCOUNT_ID", "000000000000");
    environment.put("OUTPOST_ENV", "local");
    environment.put("OUTPOST_OUTPUT_BUCKET", "outpost-output-local");
    environment.put("OUTPOST_AUDIT_BUCKET", "outpost-audit-local");
    environment.put("OUTPOST_AUDIT_HEAD_BUCKET", "outpost-audit-head-local");
    environment.put(
        "OUTPOST_NOTICES_TOPIC_ARN", "arn:aws:sns:us-east-1:000000000000:outpost-notices-local");
    environment.put("OUTPOST_BOOTSTRAP_ADMIN_KEY", adminKey);
    return environment;
  }

  /** Starts another program in a folder. */
  public static OutpostProcess start(
      Class<?> program, Path folder, Map<String, String> environment, String... arguments)
      throws IOException {
    var classes = Stream.of("-cp", System.getProperty("java.class.path"), program.getName());
    return start(Stream.concat(classes, Stream.of(arguments)), folder, environment);
  }

  private static OutpostProcess start(
      Stream<String> program, Path folder, Map<String, String> environment) throws IOException {
    var log = Files.createTempFile(folder, "outpost", ".log");
    var command =
        Stream.of(
                Stream.of(ProcessHandle.current().info().command().orElseThrow()),
                ManagementFactory.getRuntimeMXBean().getInputArguments().stream(),
                program)
            .flatMap(part -> part)
            .toList();
    var builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().putAll(environment);
    builder.redirectErrorStream(true).redirectOutput(log.toFile());
    return new OutpostProcess(builder.start(), log);
  }

  /** Waits for the start; returns the address, null for a container. */
  public String awaitReady() {
    await()
        .atMost(LONGEST_START)
        .until(() -> READY.matcher(printed()).find() || !process.isAlive());
    var ready = READY.matcher(printed());
    if (!ready.find()) {
      throw new IllegalStateException("It did not start:\n" + printed());
    }
    return ready.group(1);
  }

  /** Waits until the process ends by itself; returns its exit code. */
  public int awaitExit() throws InterruptedException {
    if (!process.waitFor(LONGEST_START.toSeconds(), TimeUnit.SECONDS)) {
      throw new IllegalStateException("It did not end:\n" + printed());
    }
    return process.exitValue();
  }

  /**
   * Sends SIGTERM, which has the effect of Ctrl-C; returns false if the process has not ended
   * in time.
   */
  public boolean terminate(Duration limit) throws InterruptedException {
    process.destroy();
    return process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Calls back with the exit code when the process has ended in any way. */
  public void onExit(IntConsumer then) {
    process.onExit().thenAccept(ended -> then.accept(ended.exitValue()));
  }

  /** Kills the process with SIGKILL; its child processes are left running. */
  public void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** The output so far. */
  public String printed() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The output's lines that are neither empty nor log lines. */
  List<String> said() {
    return printed().lines().filter(line -> !line.isBlank() && !line.matches("\\d{4}-.*")).toList();
  }

  /** Its child processes that still run. */
  public List<ProcessHandle> children() {
    return process.descendants().toList();
  }

  /** Kills the process and its children. */
  @Override
  public void close() {
    children().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }
}
