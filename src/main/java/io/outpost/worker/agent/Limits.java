package io.outpost.worker.agent;

import io.outpost.agents.SearchPath;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The first links of the launch chain: a new session, first choice of the out-of-memory killer, a
 * lower processor priority than the worker, a umask that keeps new files from other slots' agents
 * wherever they are written, the kernel's limits for each process, and the filter of system calls.
 * Missing tools are left out.
 */
final class Limits {

  private final SearchPath tools;
  private final AgentRunSettings settings;
  private final Optional<CallFilter> filter;
  private volatile @Nullable Boolean defaultsSignals;

  Limits(SearchPath tools, AgentRunSettings settings) {
    this.tools = tools;
    this.settings = settings;
    this.filter = CallFilter.find(tools);
  }

  /** The kernel's limits for each process, by the names of prlimit and the numbers of Linux. */
  private enum Limit {
    CPU(0),
    FSIZE(1),
    DATA(2),
    CORE(4),
    NPROC(6),
    NOFILE(7),
    MSGQUEUE(12);

    private final int number;

    Limit(int number) {
      this.number = number;
    }
  }

  /**
   * The links for one run: a single program where one can set the filter, otherwise one program for
   * each step.
   *
   * @param timeLimit the time that the run may take
   * @param otherTasks processes and threads that the user has besides the run
   */
  List<String> chain(Duration timeLimit, long otherTasks) {
    Map<Limit, Long> limits = new EnumMap<>(Limit.class);
    limits.put(Limit.CORE, 0L);
    limits.put(Limit.DATA, settings.memoryBytes());
    limits.put(Limit.FSIZE, settings.fileSize().toBytes());
    limits.put(Limit.NOFILE, (long) settings.openFiles());
    limits.put(Limit.CPU, cpuSeconds(timeLimit));
    // Message queues would outlive the job, and not every system can list their names.
    limits.put(Limit.MSGQUEUE, 0L);
    limits.put(Limit.NPROC, otherTasks + settings.processes());
    return filter
        .map(
            one ->
                one.link(
                    limits.entrySet().stream()
                        .collect(Collectors.toMap(e -> e.getKey().number, Map.Entry::getValue))))
        .orElseGet(() -> chain(limits));
  }

  private List<String> chain(Map<Limit, Long> limits) {
    List<String> chain = new ArrayList<>();
    chain.addAll(List.of("/bin/sh", "-c", "umask 077; exec \"$@\"", "sh"));
    link(chain, "setsid");
    link(chain, "choom", "-n", "1000", "--");
    link(chain, "nice", "-n", "10");
    find("prlimit")
        .ifPresent(
            prlimit -> {
              chain.add(prlimit.toString());
              limits.forEach(
                  (limit, value) ->
                      chain.add("--" + limit.name().toLowerCase(Locale.ROOT) + "=" + value));
              chain.add("--");
            });
    return chain;
  }

  /**
   * The last link. It resets signals to their default actions, which the worker may have changed,
   * and enters the working directory as the agent's user, who alone may.
   */
  List<String> normal(JobDirectory directory) {
    List<String> links = new ArrayList<>();
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
    return filter.isPresent();
  }

  private boolean defaultsSignals() {
    if (defaultsSignals == null) {
      defaultsSignals =
          Tool.run(List.of(find("env").orElseThrow().toString(), "--default-signal", "true"))
              .succeeded();
    }
    return defaultsSignals;
  }

  /** A number of processes that a run can lack without harm. */
  int fewProcesses() {
    return settings.processes() / 10;
  }

  /** The program of a tool; empty when it is not installed. */
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

  /** The processor time of a process that uses every processor during the whole run. */
  private static long cpuSeconds(Duration timeLimit) {
    return (timeLimit.toSeconds() + 1) * Runtime.getRuntime().availableProcessors();
  }
}
