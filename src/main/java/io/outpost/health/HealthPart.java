package io.outpost.health;

/** Something whose state readiness shows. Thread-safe. */
public interface HealthPart {

  /** Its name among the components. */
  String name();

  /** {@code UP}; {@code DOWN} when requests must go elsewhere; any other word only tells. */
  String state();

  /** Whether the state is known here, without asking anything that may be down. */
  default boolean asksNothing() {
    return false;
  }
}
