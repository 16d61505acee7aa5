package io.outpost.worker.agent;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * Starts porters. A porter is a process of a slot's user, confined like its agents, that does the
 * work on a job's files which the worker must not do itself. Each porter runs one script of {@code
 * porter/} with the job's directory as first argument; the scripts use system tools, which treat
 * names as bytes and walk by descriptor. A porter's output deserves as little trust as its agent.
 * Safe for use by many threads.
 */
final class Porter {

  /** The tasks of porters; each has a script of that name. */
  enum Task {
    ARTIFACTS,
    /** {@code REMOVE}, then {@code SWEEP}, in one process. */
    CLEAN,
    CONVERSATIONS,
    INPUT,
    MEASURE,
    REMOVE,
    RESTORE,
    SAVE,
    SWEEP,
    TASK;

    /**
     * The time limit. Measuring must be fast, because no limit is enforced meanwhile; other work
     * may take long.
     */
    private Duration longest() {
      return this == MEASURE ? Duration.ofMinutes(1) : Duration.ofMinutes(15);
    }

    private String script() {
      return name().toLowerCase(Locale.ROOT) + ".sh";
    }

    /** The scripts of the task; one process runs them one after another. */
    private List<String> scripts() {
      return this == CLEAN ? List.of(REMOVE.script(), SWEEP.script()) : List.of(script());
    }
  }

  private static final Map<Task, String> SCRIPTS = new ConcurrentHashMap<>();

  private final Limits tools;

  Porter(Limits tools) {
    this.tools = tools;
  }

  /**
   * Starts a porter.
   *
   * @param prefix the launch chain that makes it a process of the slot's user
   * @param more further arguments
   */
  PorterProcess start(List<String> prefix, Task task, JobDirectory directory, List<String> more)
      throws IOException {
    Path shell =
        tools.find("bash").orElseThrow(() -> new IOException("bash is not installed here"));
    List<String> command = new ArrayList<>(prefix);
    // With -p the shell keeps its effective user, although the real user is another, which no agent
    // has.
    command.addAll(List.of(shell.toString(), "-p", "-c", script(task), task.script()));
    command.add(directory.root().toString());
    command.addAll(more);
    ProcessBuilder builder = new ProcessBuilder(command).directory(Path.of("/").toFile());
    builder.environment().clear();
    builder.environment().put("PATH", Isolation.TOOLS.folders());
    builder.environment().put("LC_ALL", "C");
    return new PorterProcess(task.script(), builder.start(), task.longest());
  }

  private static String script(Task task) {
    return SCRIPTS.computeIfAbsent(
        task,
        missing -> missing.scripts().stream().map(Porter::read).collect(Collectors.joining()));
  }

  private static String read(String script) {
    try (InputStream in = Porter.class.getResourceAsStream("/porter/" + script)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
