package io.outpost.worker.agent;

/** The agent's program is not installed on this worker. */
public final class AgentUnavailableException extends RuntimeException {

  AgentUnavailableException(String agent) {
    super("The program of agent '" + agent + "' is not installed on this worker");
  }
}
