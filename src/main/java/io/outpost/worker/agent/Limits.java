package io.outpost.worker.agent;

import io.outpost.agents.SearchPath;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The first links of the launch chain: a session of its own, the first to be killed when memory is
 * short, behind the worker in the queue for the processor, and the kernel's limits for each
 * process. Tools that a system lacks are left out.
 */
final class Limits {

  private final SearchPath tools;
  private final AgentRunSettings settings;
  private final List<String> filter;
  private volatile @Nullable Boolean defaultsSignals;

  Limits(SearchPath tools, AgentRunSettings settings) {
    this.tools = tools;
    this.settings = settings;
    this.filter = CallFilter.link(this);
  }

  /** For a run of that length, whose user has that many other processes and threads. */
  List<String> chain(Duration timeLimit, long otherTasks) {
    List<String> chain = new ArrayList<>();
    link(chain, "setsid");
    link(chain, "choom", "-n", "1000", "--");
    link(chain, "nice", "-n", "10");
    find("prlimit")
        .ifPresent(
            prlimit -> {
              chain.add(prlimit.toString());
              chain.add("--core=0");
              chain.add("--data=" + settings.memoryBytes());
              chain.add("--fsize=" + settings.fileSize().toBytes());
              chain.add("--nofile=" + settings.openFiles());
              chain.add("--cpu=" + cpuSeconds(timeLimit));
              // Queues would outlive the job under a name that cannot be listed everywhere.
              chain.add("--msgqueue=0");
              chain.add("--nproc=" + (otherTasks + settings.processes()));
              chain.add("--");
            });
    return chain;
  }

  /**
   * The last links: no kernel keyrings and no hiding, signals as a program expects them, however
   * the worker was started, and the working directory, which the agent's user enters by itself.
   */
  List<String> normal(JobDirectory directory) {
    List<String> links = new ArrayList<>(filter);
    Optional<Path> env = find("env").filter(file -> defaultsSignals());
    if (env.isPresent()) {
      links.addAll(
          List.of(
              env.get().toString(), "--default-signal", "--chdir=" + directory.work().toString()));
    } else {
      links.addAll(
          List.of(
              "/bin/sh",
              "-c",
              "cd -- \"$1\" && shift && exec \"$@\"",
              "sh",
              directory.work().toString()));
    }
    return links;
  }

  /** Whether agents' system calls are filtered here. */
  boolean filtersCalls() {
    return !filter.isEmpty();
  }

  private boolean defaultsSignals() {
    if (defaultsSignals == null) {
      defaultsSignals =
          Tool.run(List.of(find("env").orElseThrow().toString(), "--default-signal", "true"))
              .succeeded();
    }
    return defaultsSignals;
  }

  /** So many of its processes are not missed when a run cannot have them. */
  int fewProcesses() {
    return settings.processes() / 10;
  }

  /** A tool's file, if this system has it. */
  Optional<Path> find(String tool) {
    return tools.find(tool);
  }

  private void link(List<String> chain, String tool, String... arguments) {
    find(tool)
        .ifPresent(
            file -> {
              chain.add(file.toString());
              chain.addAll(List.of(arguments));
            });
  }

  /** What one process can use when it keeps every processor busy for the whole time. */
  private static long cpuSeconds(Duration timeLimit) {
    return (timeLimit.toSeconds() + 1) * Runtime.getRuntime().availableProcessors();
  }
}
