package io.outpost.health;

/** A component with a state in the readiness check. Thread-safe. */
public interface HealthPart {

  /** The name of the component. */
  String name();

  /**
   * {@code UP}; {@code DOWN} when requests must be sent to other containers; any other word is only
   * information.
   */
  String state();

  /** Whether the state is known without a call to a dependency. */
  default boolean asksNothing() {
    return false;
  }
}
