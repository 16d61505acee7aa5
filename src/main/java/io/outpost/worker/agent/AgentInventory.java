package io.outpost.worker.agent;

import io.outpost.agents.Agent;
import io.outpost.agents.AgentCatalogue;
import io.outpost.agents.SearchPath;
import io.outpost.kernel.Ids;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the agents of the catalogue that this worker can run, by running their version checks in a
 * job's confinement. Safe for use by many threads.
 */
public final class AgentInventory {

  private static final Logger LOG = LoggerFactory.getLogger(AgentInventory.class);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** A number that is no job's slot; version checks have a user of their own. */
  private static final int CHECKS = -1;

  private final AgentCatalogue catalogue;
  private final SearchPath programs;
  private final AgentLauncher launcher;
  private final Map<String, String> versions = new ConcurrentHashMap<>();
  private volatile SortedSet<String> usable = Collections.emptySortedSet();

  AgentInventory(AgentCatalogue catalogue, SearchPath programs, AgentLauncher launcher) {
    this.catalogue = catalogue;
    this.programs = programs;
    this.launcher = launcher;
  }

  /** The names of usable agents; empty until {@link #check} has run. */
  public SortedSet<String> usable() {
    return usable;
  }

  /** The version that an agent's program reports; null before it is known. */
  public @Nullable String version(String agent) {
    return versions.get(agent);
  }

  /**
   * Checks all agents, one after another, and logs the results; takes seconds when many are
   * installed. An agent whose command comes from a setting is always offered: if the command does
   * not work, the agent's jobs become dead letters, which can be redriven.
   */
  public void check() {
    SortedSet<String> found = new TreeSet<>();
    for (Agent agent : catalogue.all()) {
      Optional<Path> program = programs.find(agent.command().getFirst());
      Optional<String> version = program.flatMap(file -> versionOf(agent, file));
      if (version.isPresent()) {
        LOG.info("Agent {}: {} ({})", agent.name(), version.get(), program.get());
        versions.put(agent.name(), version.get());
        found.add(agent.name());
      } else {
        LOG.warn("Agent {}: not usable here: {}", agent.name(), fault(agent, program));
        if (agent.trusted()) {
          found.add(agent.name());
        }
      }
    }
    usable = found;
  }

  /** Warns when agents can read this file of the worker. */
  void warnIfReadable(Path path) {
    if (Files.exists(path)
        && run(List.of("test", "-r", path.toString())).filter(Outcome::succeeded).isPresent()) {
      LOG.warn("Agents can read {}: make it readable only by root", path);
    }
  }

  /** The version in one line; empty when the program cannot run. */
  private Optional<String> versionOf(Agent agent, Path program) {
    boolean asked = !agent.version().isEmpty();
    return run(asked ? agent.version() : List.of("test", "-x", program.toString()))
        .filter(Outcome::succeeded)
        .map(
            outcome ->
                agent.demo()
                    ? "played by the demo script"
                    : asked ? outcome.firstLine() : "unchecked");
  }

  private static String fault(Agent agent, Optional<Path> program) {
    return program
        .map(file -> file + " cannot run as the user of agents")
        .orElse(agent.command().getFirst() + " is not installed");
  }

  private record Outcome(boolean succeeded, String firstLine) {}

  private Optional<Outcome> run(List<String> command) {
    Agent check =
        new Agent(
            "check", "", command, "", List.of(), List.of(), Map.of(), PATIENCE, List.of(),
            Set.of(0), null, List.of(), List.of(), null, false);
    try (JobFiles files = launcher.open(Ids.unguessable(), CHECKS)) {
      AgentProcess process =
          launcher.start(new AgentLaunch(check, "", files, Map.of(), Map.of(), PATIENCE));
      if (!process.awaitChange(PATIENCE.plusSeconds(10))) {
        return Optional.empty();
      }
      String firstLine = Files.readString(process.output()).lines().findFirst().orElse("");
      return Optional.of(new Outcome(process.result().succeeded(), firstLine));
    } catch (IOException | AgentUnavailableException e) {
      LOG.debug("Checking {} failed", command, e);
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }
}
