package io.outpost.worker.agent;

import io.outpost.agents.Agent;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The inputs of one run of an agent. Immutable; its text form omits the task and the keys.
 *
 * @param agent the program
 * @param task the customer's task; the program gets it only by standard input or file
 * @param files the files of the run
 * @param providerKeys the tenant's keys and secrets by variable, all of which the agent gets
 * @param environment further variables, such as {@code TRACEPARENT}
 * @param timeLimit the time after which the agent is stopped
 * @param maxCostUsd the cost at which the agent is stopped; null: no limit
 * @param conversation whether to keep or continue one
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
   * Whether a conversation is kept or continued.
   *
   * @param kept whether a later job can continue it
   * @param continued the id of an earlier conversation; null: a new one
   */
  public record Conversation(boolean kept, @Nullable String continued) {

    /** A conversation that ends with the run. */
    public static final Conversation NONE = new Conversation(false, null);
  }

  /** A run without a cost limit and with a conversation that is not kept. */
  public AgentLaunch(
      Agent agent,
      String task,
      JobFiles files,
      Map<String, String> providerKeys,
      Map<String, String> environment,
      Duration timeLimit) {
    this(agent, task, files, providerKeys, environment, timeLimit, null, Conversation.NONE);
  }

  /** Copies the maps, so that later changes have no effect here. */
  public AgentLaunch {
    providerKeys = Map.copyOf(providerKeys);
    environment = Map.copyOf(environment);
  }

  /** The program and its arguments, with placeholders. */
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

  /** The folder in the agent's home that is saved with the workspace; null: none. */
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
