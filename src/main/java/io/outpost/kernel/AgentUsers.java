package io.outpost.kernel;

/**
 * The user ids that agents can have on this machine. There is one range for each worker, and each
 * worker takes the first free one. Immutable.
 *
 * @param first the first id of the first range
 */
public record AgentUsers(int first) {

  /** The number of ids in a range. */
  public static final int SIZE = 1000;

  /** The number of ranges. */
  public static final int RANGES = 20;

  /** Whether an agent of any worker may be this user. */
  public boolean has(long user) {
    return user >= first && user < (long) first + RANGES * SIZE;
  }
}
