package io.outpost.worker.agent;

import io.outpost.agents.SearchPath;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The first links of the launch chain: a new session, the highest priority for the out-of-memory
 * killer, a lower processor priority than the worker, and the kernel's limits for each process.
 * Missing tools are left out.
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
              // Queues would outlive the job, under names that not every system can list.
              chain.add("--msgqueue=0");
              chain.add("--nproc=" + (otherTasks + settings.processes()));
              chain.add("--");
            });
    return chain;
  }

  /**
   * The last links: no kernel keyrings and no hiding, default signal actions, however the worker
   * was started, and the working directory, which the agent's user enters by itself.
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

  /** Acceptable shortfall in the process limit. */
  int fewProcesses() {
    return settings.processes() / 10;
  }

  /** The file of a tool, if it is installed. */
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

  /** The processor time of one process that uses every processor for the whole time. */
  private static long cpuSeconds(Duration timeLimit) {
    return (timeLimit.toSeconds() + 1) * Runtime.getRuntime().availableProcessors();
  }
}
