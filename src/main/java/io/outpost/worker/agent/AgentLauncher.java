package io.outpost.worker.agent;

import io.outpost.agents.Agent;
import io.outpost.agents.SearchPath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/** Starts agents as processes of their own. Safe for use by many threads. */
public final class AgentLauncher implements AutoCloseable {

  private final SearchPath programs;
  private final AgentRunSettings settings;
  private final Confinement confinement;

  AgentLauncher(SearchPath programs, AgentRunSettings settings, Confinement confinement) {
    this.programs = programs;
    this.settings = settings;
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
    List<StepRun.Step> steps = steps(launch, directory);
    Directories.prepare(directory);
    if (launch.agent().command().stream().anyMatch(part -> part.contains("{task_file}"))) {
      Files.writeString(Directories.newFile(directory.task()), launch.task());
    }
    confinement.handOver(directory, launch.slot());
    OutputSpool spool =
        new OutputSpool(
            directory.output(), settings.output().toBytes(), launch.providerKeys().values());
    ResourceWatch watch = new ResourceWatch(settings.memory().toBytes(), settings.disk().toBytes());
    return AgentProcess.start(launch, confinement, spool, watch, steps);
  }

  /** Gives back what it took from the machine; no run may be under way. */
  @Override
  public void close() throws IOException {
    confinement.close();
  }

  private List<StepRun.Step> steps(AgentLaunch launch, JobDirectory directory) {
    Agent agent = launch.agent();
    List<StepRun.Step> steps = new ArrayList<>();
    Optional<String> key = firstKey(launch);
    if (!agent.login().isEmpty() && key.isPresent()) {
      steps.add(step(agent.login(), key.get(), launch, directory));
    }
    steps.add(step(agent.command(), launch.task(), launch, directory));
    return steps;
  }

  private StepRun.Step step(
      List<String> command, String input, AgentLaunch launch, JobDirectory directory) {
    List<String> filled = command(command, launch, directory);
    List<String> whole =
        new ArrayList<>(confinement.prefix(directory, launch.slot(), launch.timeLimit(), filled));
    whole.addAll(filled);
    ProcessBuilder builder =
        new ProcessBuilder(whole).directory(directory.work().toFile()).redirectErrorStream(true);
    builder.environment().clear();
    builder.environment().putAll(environment(launch, directory));
    return new StepRun.Step(builder, input);
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
    // First: none of the tenant's own may take the place of what follows.
    environment.putAll(launch.providerKeys());
    environment.put("PATH", programs.folders());
    environment.put("HOME", directory.home().toString());
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
