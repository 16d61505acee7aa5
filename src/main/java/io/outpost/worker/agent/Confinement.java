package io.outpost.worker.agent;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;

/**
 * The isolation of a run from the worker and from other runs, and how all its processes are found
 * and killed.
 */
sealed interface Confinement extends AutoCloseable permits SlotUsers, SameUser {

  /** The working and missing parts of the isolation, for the log at start. */
  String description();

  /** The number of this worker among those that use the same directory; -1 without one. */
  int worker();

  /** Gives one file or empty directory, which no agent can reach yet, to the slot's user. */
  void give(Path path, int slot) throws IOException;

  /** The name and home of the slot's user; if possible they are registered on this machine. */
  String user(JobDirectory directory, int slot) throws IOException;

  /**
   * The launch chain before the agent's own command: programs with arguments, each of which starts
   * the next.
   */
  List<String> prefix(JobDirectory directory, int slot, Duration timeLimit, List<String> command);

  /** The same for a porter, with the confinement of the job's agent. */
  List<String> porter(JobDirectory directory, int slot);

  /** The same for a porter that examines processes and shared folders, without a sandbox. */
  List<String> outside(int slot);

  /** Folders in which a slot's runs can leave files outside their directory. */
  List<String> sharedFolders();

  /** The slots whose runs may have written to a directory of this slot. */
  Collection<Integer> others(int slot);

  /** The slot whose run had this directory; 0 when all slots have the same user. */
  int slotOf(JobDirectory directory) throws IOException;

  /** The live processes of the run. */
  Stream<ProcessHandle> members(ProcessHandle main, JobDirectory directory, int slot);

  /**
   * Kills every process of the run, also those that left its session, and returns when they are
   * gone.
   *
   * @return whether the run certainly left no artifacts; false when that is unknown
   */
  boolean kill(ProcessHandle main, JobDirectory directory, int slot);

  /** Whether the slot is known to have no processes. */
  boolean isEmpty(int slot);

  /**
   * Says that a process of the slot's user starts, so that the slot is no longer known as empty.
   */
  void occupy(int slot);

  /** Kills all processes in the slot; returns whether it is empty now. */
  boolean endAll(int slot);

  @Override
  void close() throws IOException;
}
