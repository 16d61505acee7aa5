package io.outpost.worker.agent;

import io.outpost.kernel.AgentUsers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;

/**
 * A range of user ids that this worker reserves while it lives: two workers of one machine with the
 * same ids would kill each other's agents. The first id serves the worker's own checks, the
 * following ones the slots.
 */
final class UserRange implements AutoCloseable {

  /** How many ids a worker reserves. */
  static final int SIZE = AgentUsers.SIZE;

  private final int first;
  private final WorkerLock lock;

  private UserRange(int first, WorkerLock lock) {
    this.first = first;
    this.lock = lock;
  }

  /**
   * Reserves the first free range.
   *
   * @param locks a directory that only root may write, with one lock file for each range
   * @throws IOException when all are taken
   */
  static UserRange take(int wanted, Path locks) throws IOException {
    Files.createDirectories(locks);
    // The users of agents traverse the directory to reach their homes.
    Files.setPosixFilePermissions(locks.toRealPath(), PosixFilePermissions.fromString("rwx--x--x"));
    for (int first = wanted; first < wanted + AgentUsers.RANGES * SIZE; first += SIZE) {
      Optional<WorkerLock> lock = WorkerLock.take(locks.resolve("users-" + first));
      if (lock.isPresent()) {
        return new UserRange(first, lock.get());
      }
    }
    throw new IOException(
        "Every range of user ids from " + wanted + " is taken by another worker: see " + locks);
  }

  int first() {
    return first;
  }

  /** The user of a slot; slot -1 stands for the worker's own checks. */
  int of(int slot) {
    if (slot < -1 || slot >= SIZE - 2) {
      throw new IllegalArgumentException("There is no user for slot " + slot);
    }
    return first + 1 + slot;
  }

  /** The slot of a user; -1 for the user of checks and for ids outside the range. */
  int slotOf(int user) {
    int slot = user - first - 1;
    return slot < SIZE - 2 ? Math.max(slot, -1) : -1;
  }

  /** The real user of porters, which no agent ever has. */
  int porter() {
    return first + SIZE - 1;
  }

  @Override
  public void close() throws IOException {
    lock.close();
  }
}
