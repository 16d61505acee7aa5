package io.outpost.worker.agent;

import io.outpost.agents.Agent;
import io.outpost.agents.SearchPath;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Starts agents as separate processes. Safe for use by many threads. */
public final class AgentLauncher {

  private final SearchPath programs;
  private final AgentRunSettings settings;
  private final Slots slots;

  AgentLauncher(SearchPath programs, AgentRunSettings settings, Slots slots) {
    this.programs = programs;
    this.settings = settings;
    this.slots = slots;
  }

  /**
   * Starts a run; no argument contains the task or the keys.
   *
   * @throws AgentUnavailableException when the program is not installed here
   * @throws IOException when the worker cannot prepare or start the run
   */
  public AgentProcess start(AgentLaunch launch) throws IOException {
    JobDirectory directory = launch.directory();
    List<StepRun.Step> steps = steps(launch);
    if (launch.keptFolder() != null) {
      launch.files().keepConversations(launch.keptFolder());
    }
    if (launch.command().stream().anyMatch(part -> part.contains("{task_file}"))) {
      launch.files().writeTask(launch.task());
    }
    OutputSpool spool =
        new OutputSpool(
            directory.output(), settings.output().toBytes(), launch.providerKeys().values());
    return AgentProcess.start(launch, slots, spool, new ResourceWatch(settings), steps);
  }

  /**
   * Creates the files of a run in a slot. The caller must close them after the run.
   *
   * @param name of the directory, without a slash; hard to guess
   * @throws IOException when the slot cannot be used
   */
  public JobFiles open(String name, int slot) throws IOException {
    return slots.open(name, slot);
  }

  /** The folder of a system program; empty when it is not installed. */
  public Optional<Path> folderOf(String program) {
    return Isolation.TOOLS.find(program).map(Path::getParent);
  }

  /**
   * Runs a script on the repository of a run, while no agent runs there.
   *
   * @param input the secret and other data that must not be arguments
   * @param stop gives the reason to stop the script; empty: none
   */
  public RepositoryScript.Ended git(
      RepositoryScript script,
      JobFiles files,
      List<String> arguments,
      String input,
      Supplier<Optional<StopReason>> stop)
      throws IOException {
    return new GitRun(slots, new ResourceWatch(settings), files, stop)
        .run(script.text(), arguments, input);
  }

  private List<StepRun.Step> steps(AgentLaunch launch) throws IOException {
    Agent agent = launch.agent();
    List<StepRun.Step> steps = new ArrayList<>();
    Optional<String> key = firstKey(launch);
    if (!agent.login().isEmpty() && key.isPresent()) {
      steps.add(new StepRun.Step(command(agent.login(), launch), key.get(), true));
    }
    steps.add(new StepRun.Step(command(launch.command(), launch), launch.task(), false));
    return steps;
  }

  private ProcessBuilder command(List<String> command, AgentLaunch launch) throws IOException {
    JobDirectory directory = launch.directory();
    List<String> filled = fill(command, launch);
    String user = slots.confinement().user(directory, launch.slot());
    List<String> whole =
        new ArrayList<>(
            slots.confinement().prefix(directory, launch.slot(), launch.timeLimit(), filled));
    whole.addAll(filled);
    ProcessBuilder builder =
        new ProcessBuilder(whole).directory(Path.of("/").toFile()).redirectErrorStream(true);
    builder.environment().clear();
    builder.environment().putAll(environment(launch, directory, user));
    return builder;
  }

  private List<String> fill(List<String> command, AgentLaunch launch) {
    Path program =
        programs
            .find(command.getFirst())
            .orElseThrow(() -> new AgentUnavailableException(launch.agent().name()));
    List<String> filled = new ArrayList<>();
    filled.add(program.toString());
    for (String part : command.subList(1, command.size())) {
      filled.add(
          part.replace("{model}", launch.agent().model())
              .replace("{task_file}", launch.directory().task().toString())
              .replace("{session}", Objects.toString(launch.conversation().continued(), ""))
              .replace("{max_cost_usd}", plain(launch.maxCostUsd())));
    }
    return filled;
  }

  private static String plain(@Nullable BigDecimal dollars) {
    return dollars == null ? "" : dollars.toPlainString();
  }

  /** The agent's variables. No other variable of the worker's environment is passed on. */
  private Map<String, String> environment(AgentLaunch launch, JobDirectory directory, String user) {
    Agent agent = launch.agent();
    Map<String, String> environment = new TreeMap<>();
    // The tenant's variables come first, so that they cannot replace the ones below.
    environment.putAll(launch.providerKeys());
    environment.put("PATH", programs.folders());
    environment.put("HOME", directory.home().toString());
    environment.put("USER", user);
    environment.put("LOGNAME", user);
    environment.put("SHELL", UserNames.SHELL);
    environment.put("TMPDIR", directory.tmp().toString());
    environment.put("LANG", "C.UTF-8");
    environment.put("TERM", "dumb");
    environment.put("AWS_EC2_METADATA_DISABLED", "true");
    environment.putAll(agent.environment());
    environment.putAll(launch.environment());
    return environment;
  }

  private static Optional<String> firstKey(AgentLaunch launch) {
    return launch.agent().providerVariables().stream()
        .map(launch.providerKeys()::get)
        .filter(Objects::nonNull)
        .findFirst();
  }
}
