package io.outpost.worker.agent;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;

/**
 * The isolation of a run from the worker and from other runs. Also finds and kills all processes of
 * a run.
 */
sealed interface Confinement extends AutoCloseable permits SlotUsers, SameUser {

  /** The parts of the isolation that work here and those that are missing, for the log at start. */
  String description();

  /** This worker's number among those that use the same directory; -1 when it has none. */
  int worker();

  /** Gives one file or empty directory to the slot's user, before any agent can reach it. */
  void give(Path path, int slot) throws IOException;

  /**
   * The name of the slot's user; if possible this machine gets to know the user's name and home.
   */
  String user(JobDirectory directory, int slot) throws IOException;

  /**
   * The launch chain before the agent's own command: programs with arguments, each of which starts
   * the next.
   */
  List<String> prefix(JobDirectory directory, int slot, Duration timeLimit, List<String> command);

  /** The launch chain before a porter's command, with the same confinement as the job's agent. */
  List<String> porter(JobDirectory directory, int slot);

  /** The launch chain of a porter that examines processes and shared folders; it has no sandbox. */
  List<String> outside(int slot);

  /** Folders outside its directory in which a run can leave files. */
  List<String> sharedFolders();

  /** The other slots whose runs may have written to a directory of this slot. */
  Collection<Integer> others(int slot);

  /** The slot whose run had this directory; 0 when all slots have the same user. */
  int slotOf(JobDirectory directory) throws IOException;

  /** The live processes of the run. */
  Stream<ProcessHandle> members(ProcessHandle main, JobDirectory directory, int slot);

  /**
   * Kills every process of the run, including those that left its session, and returns when they
   * are gone.
   *
   * @return whether the run certainly left no artifacts; false when that is unknown
   */
  boolean kill(ProcessHandle main, JobDirectory directory, int slot);

  /** Whether the slot is known to have no processes. */
  boolean isEmpty(int slot);

  /** Records that a process of the slot's user starts, so the slot no longer counts as empty. */
  void occupy(int slot);

  /** Kills all processes in the slot; returns whether it is empty now. */
  boolean endAll(int slot);

  @Override
  void close() throws IOException;
}
