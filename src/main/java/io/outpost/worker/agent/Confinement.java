package io.outpost.worker.agent;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;

/**
 * How a run is kept apart from the worker and from other runs, and how all of it is found again to
 * be ended.
 */
sealed interface Confinement extends AutoCloseable permits SlotUsers, SameUser {

  /** What holds and what does not, for the log at start. */
  String description();

  /** What tells this worker from others that use the same directory; -1 where nothing does. */
  int worker();

  /** Gives one file or empty directory, which no agent can reach yet, to the slot's runs. */
  void give(Path path, int slot) throws IOException;

  /**
   * The name of the user that the slot's runs are, which this machine knows from now on, as far as
   * it can be made to; and where that user's home is.
   */
  String user(JobDirectory directory, int slot) throws IOException;

  /**
   * Programs with arguments to put before the agent's own command; each of them becomes the next
   * one.
   */
  List<String> prefix(JobDirectory directory, int slot, Duration timeLimit, List<String> command);

  /** The same for a porter, in the same confinement as the job's agent. */
  List<String> porter(JobDirectory directory, int slot);

  /** The same for a porter that looks at processes and shared folders: no sandbox around it. */
  List<String> outside(int slot);

  /** Folders in which a slot's runs can leave something beside their directory. */
  List<String> sharedFolders();

  /** The slots whose runs may have written to a directory of this one. */
  Collection<Integer> others(int slot);

  /** The slot whose run had this directory; 0 where slots are all the same. */
  int slotOf(JobDirectory directory) throws IOException;

  /** The run's processes that are alive. */
  Stream<ProcessHandle> members(ProcessHandle main, JobDirectory directory, int slot);

  /**
   * Ends every process of the run, also those that left its session, and returns when they are
   * gone.
   */
  void kill(ProcessHandle main, JobDirectory directory, int slot);

  /** Whether it is known that nothing runs in the slot. */
  boolean isEmpty(int slot);

  /** Ends whatever runs in the slot; says whether nothing does now. */
  boolean endAll(int slot);

  @Override
  void close() throws IOException;
}
