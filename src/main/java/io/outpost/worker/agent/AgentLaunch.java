package io.outpost.worker.agent;

import io.outpost.agents.Agent;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one run of an agent needs. Immutable; its text form leaves the task and the keys out.
 *
 * @param agent which program
 * @param task what the customer asks; it reaches the program by standard input or file only
 * @param files the run's own
 * @param providerKeys the tenant's keys and secrets by variable, all of which the agent gets
 * @param environment further variables, such as {@code TRACEPARENT}
 * @param timeLimit after which the agent is stopped
 * @param maxCostUsd at which it is; null: at none
 * @param conversation what it is to be of
 */
public record AgentLaunch(
    Agent agent,
    String task,
    JobFiles files,
    Map<String, String> providerKeys,
    Map<String, String> environment,
    Duration timeLimit,
    @Nullable BigDecimal maxCostUsd,
    Conversation conversation) {

  /**
   * Whether a conversation is kept and continued.
   *
   * @param kept whether a later job can continue it
   * @param continued the id of an earlier one; null: it is new
   */
  public record Conversation(boolean kept, @Nullable String continued) {

    /** One that ends with the run. */
    public static final Conversation NONE = new Conversation(false, null);
  }

  /** A run that may cost anything and begins a conversation that nobody continues. */
  public AgentLaunch(
      Agent agent,
      String task,
      JobFiles files,
      Map<String, String> providerKeys,
      Map<String, String> environment,
      Duration timeLimit) {
    this(agent, task, files, providerKeys, environment, timeLimit, null, Conversation.NONE);
  }

  /** Copies the maps. */
  public AgentLaunch {
    providerKeys = Map.copyOf(providerKeys);
    environment = Map.copyOf(environment);
  }

  /** The program and its arguments, before their places are filled. */
  List<String> command() {
    if (!agent.original()) {
      return agent.command();
    }
    List<String> command =
        new ArrayList<>(
            conversation.continued() == null || agent.conversation() == null
                ? agent.command()
                : agent.conversation().command());
    if (maxCostUsd != null) {
      command.addAll(agent.costLimit());
    }
    return command;
  }

  /** The folder of the agent's home that is kept with the workspace; null: none. */
  @Nullable String keptFolder() {
    return agent.original() && conversation.kept() && agent.conversation() != null
        ? agent.conversation().folder()
        : null;
  }

  JobDirectory directory() {
    return files.directory();
  }

  int slot() {
    return files.slot();
  }

  @Override
  public String toString() {
    return "AgentLaunch[%s in slot %d, %s, at most %s]"
        .formatted(agent.name(), files.slot(), files.directory().root(), timeLimit);
  }
}
