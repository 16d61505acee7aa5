package io.outpost.agents;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The agents of this installation, by name. Immutable; safe for use by many threads.
 *
 * <p>A deployment can replace an agent's launch command with {@code OUTPOST_AGENT_<NAME>_COMMAND}
 * (the program alone, or a list of program and arguments) and its model with {@code
 * OUTPOST_AGENT_<NAME>_MODEL}.
 */
public final class AgentCatalogue {

  private final Map<String, Agent> agents;
  private final List<String> demo;

  private AgentCatalogue(Map<String, Agent> agents, List<String> demo) {
    this.agents = new TreeMap<>(agents);
    this.demo = List.copyOf(demo);
  }

  /**
   * Reads agent files. When two files name the same agent, the later one counts.
   *
   * @param files text by file name, in order
   * @throws InvalidAgentException naming every faulty file and field
   */
  public static AgentCatalogue of(List<Map.Entry<String, String>> files) {
    AgentFiles reader = new AgentFiles();
    files.forEach(file -> reader.read(file.getKey(), file.getValue()));
    return new AgentCatalogue(reader.agents(), List.of());
  }

  /** The same catalogue, in which the demo script replaces the agents that match. */
  public AgentCatalogue withDemo(List<String> script, Predicate<Agent> standIn) {
    var all =
        map(agent -> standIn.test(agent) ? agent.asDemo(withName(script, agent.name())) : agent);
    return new AgentCatalogue(all.agents, script);
  }

  /**
   * The same catalogue with the commands and models that settings replace.
   *
   * @param setting returns a setting's value by its environment name, or {@code null}
   * @throws InvalidAgentException when a setting is neither a program nor a list
   */
  public AgentCatalogue withOverrides(UnaryOperator<@Nullable String> setting) {
    return map(agent -> override(agent, setting));
  }

  private AgentCatalogue map(UnaryOperator<Agent> change) {
    Map<String, Agent> result = new TreeMap<>(agents);
    result.replaceAll((name, agent) -> change.apply(agent));
    return new AgentCatalogue(result, demo);
  }

  /** The names in alphabetical order: the values of a job's {@code agent}. */
  public List<String> names() {
    return List.copyOf(agents.keySet());
  }

  /** The agent with this name, if there is one. */
  public Optional<Agent> find(String name) {
    return Optional.ofNullable(agents.get(name));
  }

  /** The agent with this name, played by the demo script, for test jobs. */
  public Optional<Agent> demoOf(String name) {
    return find(name).map(agent -> agent.asDemo(withName(demo, name)));
  }

  /** All agents in the order of their names. */
  public List<Agent> all() {
    return List.copyOf(agents.values());
  }

  /** All variables from which agents read a provider key. */
  public SortedSet<String> providerVariables() {
    SortedSet<String> variables = new TreeSet<>();
    agents.values().forEach(agent -> variables.addAll(agent.providerVariables()));
    return variables;
  }

  private static Agent override(Agent agent, UnaryOperator<String> setting) {
    String prefix = "OUTPOST_AGENT_" + agent.name().toUpperCase(Locale.ROOT).replace('-', '_');
    String command = setting.apply(prefix + "_COMMAND");
    String model = setting.apply(prefix + "_MODEL");
    Agent named = model == null || model.isBlank() ? agent : agent.withModel(model.strip());
    return command == null || command.isBlank()
        ? named
        : named.withCommand(commandOf(prefix + "_COMMAND", command.strip()));
  }

  /**
   * The command in a setting: a single program, whose path may contain spaces, or a YAML list (JSON
   * is also YAML).
   */
  private static List<String> commandOf(String name, String text) {
    if (!text.startsWith("[") && !text.startsWith("- ")) {
      return List.of(text);
    }
    List<String> command = AgentFiles.listOf(text);
    if (command.isEmpty()) {
      throw new InvalidAgentException(List.of(name + ": must be a program or a list of strings"));
    }
    return command;
  }

  private static List<String> withName(List<String> script, String name) {
    List<String> command = new ArrayList<>(script);
    command.add(name);
    return command;
  }
}
