package io.outpost.worker.agent;

import io.outpost.agents.Agent;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * What one run of an agent needs. Immutable; its text form leaves the task and the keys out.
 *
 * @param agent which program
 * @param task what the customer asks; it reaches the program by standard input or file only
 * @param directory the job's own directory, made at start when it is missing; see {@link
 *     JobDirectory}
 * @param providerKeys the tenant's keys and secrets by variable, all of which the agent gets
 * @param environment further variables, such as {@code TRACEPARENT}
 * @param timeLimit after which the agent is stopped
 * @param slot the worker's slot that runs it, from 0; no two runs at once share one
 */
public record AgentLaunch(
    Agent agent,
    String task,
    Path directory,
    Map<String, String> providerKeys,
    Map<String, String> environment,
    Duration timeLimit,
    int slot) {

  /** Copies the maps. */
  public AgentLaunch {
    providerKeys = Map.copyOf(providerKeys);
    environment = Map.copyOf(environment);
  }

  @Override
  public String toString() {
    return "AgentLaunch[%s in slot %d, %s, at most %s]"
        .formatted(agent.name(), slot, directory, timeLimit);
  }
}
