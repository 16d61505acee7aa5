package io.outpost.worker.agent;

import io.outpost.agents.Agent;
import java.time.Duration;
import java.util.Map;

/**
 * What one run of an agent needs. Immutable; its text form leaves the task and the keys out.
 *
 * @param agent which program
 * @param task what the customer asks; it reaches the program by standard input or file only
 * @param files the run's own
 * @param providerKeys the tenant's keys and secrets by variable, all of which the agent gets
 * @param environment further variables, such as {@code TRACEPARENT}
 * @param timeLimit after which the agent is stopped
 */
public record AgentLaunch(
    Agent agent,
    String task,
    JobFiles files,
    Map<String, String> providerKeys,
    Map<String, String> environment,
    Duration timeLimit) {

  /** Copies the maps. */
  public AgentLaunch {
    providerKeys = Map.copyOf(providerKeys);
    environment = Map.copyOf(environment);
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
