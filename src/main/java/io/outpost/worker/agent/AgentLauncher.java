package io.outpost.worker.agent;

import io.outpost.platform.agents.Agent;
import io.outpost.platform.agents.SearchPath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** Starts agents as processes of their own. Safe for use by many threads. */
public final class AgentLauncher {

  private final SearchPath programs;
  private final long outputLimit;
  private final Confinement confinement;

  AgentLauncher(SearchPath programs, long outputLimit, Confinement confinement) {
    this.programs = programs;
    this.outputLimit = outputLimit;
    this.confinement = confinement;
  }

  /**
   * Starts a run; the task and the keys are in no argument list.
   *
   * @throws AgentUnavailableException when the program is not installed here
   * @throws IOException when the worker cannot prepare or start it
   */
  public AgentProcess start(AgentLaunch launch) throws IOException {
    JobDirectory directory = new JobDirectory(launch.directory());
    List<String> command = command(launch.agent().command(), launch, directory);
    Directories.create(directory);
    if (launch.agent().command().stream().anyMatch(part -> part.contains("{task_file}"))) {
      Files.writeString(directory.task(), launch.task());
    }
    confinement.handOver(directory, launch.slot());
    Map<String, String> environment = environment(launch, directory);
    List<AgentProcess.Step> steps = new ArrayList<>();
    String key = firstKey(launch);
    if (!launch.agent().login().isEmpty() && key != null) {
      steps.add(step(command(launch.agent().login(), launch, directory), key, launch, environment));
    }
    steps.add(step(command, launch.task(), launch, environment));
    OutputSpool spool =
        new OutputSpool(directory.output(), outputLimit, launch.providerKeys().values());
    try {
      return AgentProcess.start(launch, confinement, spool, steps);
    } catch (IOException | RuntimeException e) {
      spool.close();
      throw e;
    }
  }

  private AgentProcess.Step step(
      List<String> command, String input, AgentLaunch launch, Map<String, String> environment) {
    JobDirectory directory = new JobDirectory(launch.directory());
    List<String> whole =
        new ArrayList<>(confinement.prefix(directory, launch.slot(), launch.timeLimit()));
    whole.addAll(command);
    ProcessBuilder builder =
        new ProcessBuilder(whole).directory(directory.work().toFile()).redirectErrorStream(true);
    builder.environment().clear();
    builder.environment().putAll(environment);
    return new AgentProcess.Step(builder, input);
  }

  private List<String> command(List<String> command, AgentLaunch launch, JobDirectory directory) {
    Path program =
        programs
            .find(command.getFirst())
            .orElseThrow(() -> new AgentUnavailableException(launch.agent().name()));
    List<String> filled = new ArrayList<>();
    filled.add(program.toString());
    for (String part : command.subList(1, command.size())) {
      filled.add(
          part.replace("{model}", launch.agent().model())
              .replace("{task_file}", directory.task().toString()));
    }
    return filled;
  }

  /** An allow-list: nothing of the worker's own environment is passed on. */
  private Map<String, String> environment(AgentLaunch launch, JobDirectory directory) {
    Agent agent = launch.agent();
    Map<String, String> environment = new TreeMap<>();
    environment.put("PATH", programs.folders());
    environment.put("HOME", directory.home().toString());
    environment.put("TMPDIR", directory.tmp().toString());
    environment.put("LANG", "C.UTF-8");
    environment.put("TERM", "dumb");
    environment.putAll(agent.environment());
    environment.putAll(launch.environment());
    agent.providerVariables().stream()
        .filter(launch.providerKeys()::containsKey)
        .forEach(variable -> environment.put(variable, launch.providerKeys().get(variable)));
    return environment;
  }

  private static String firstKey(AgentLaunch launch) {
    return launch.agent().providerVariables().stream()
        .map(launch.providerKeys()::get)
        .filter(Objects::nonNull)
        .findFirst()
        .orElse(null);
  }
}
