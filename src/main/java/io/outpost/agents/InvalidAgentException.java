package io.outpost.agents;

import java.util.List;

/** The catalogue cannot be used; the message names every file and field at fault. */
public final class InvalidAgentException extends RuntimeException {

  /** One line for each fault. */
  InvalidAgentException(List<String> faults) {
    super("The agent catalogue is not valid:\n  " + String.join("\n  ", faults));
  }
}
