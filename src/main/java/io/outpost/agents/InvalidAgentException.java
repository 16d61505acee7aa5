package io.outpost.agents;

import java.util.List;

/** The catalogue cannot be used; the message names every faulty file and field. */
public final class InvalidAgentException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final transient List<String> faults;

  /** One line for each fault. */
  InvalidAgentException(List<String> faults) {
    super("The agent catalogue is not valid:\n  " + String.join("\n  ", faults));
    this.faults = List.copyOf(faults);
  }

  /** Each line begins with the name of a file or of a setting. */
  public List<String> faults() {
    return faults;
  }
}
