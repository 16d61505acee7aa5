package io.outpost.worker.agent;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * How a run is kept apart from the worker and from other runs, and how all of it is found again to
 * be ended.
 */
sealed interface Confinement extends AutoCloseable permits SlotUsers, SameUser {

  /** What holds and what does not, for the log at start. */
  String description();

  /** Gives the agent's directories, and everything in them, to whom the slot's runs belong to. */
  void handOver(JobDirectory directory, int slot) throws IOException;

  /**
   * Programs with arguments to put before the agent's own command; each of them becomes the next
   * one.
   */
  List<String> prefix(JobDirectory directory, int slot, Duration timeLimit, List<String> command);

  /** The run's processes that are alive. */
  Stream<ProcessHandle> members(ProcessHandle main, JobDirectory directory, int slot);

  /**
   * Ends every process of the run, also those that left its session, and returns when they are
   * gone.
   */
  void kill(ProcessHandle main, JobDirectory directory, int slot);

  @Override
  void close() throws IOException;
}
