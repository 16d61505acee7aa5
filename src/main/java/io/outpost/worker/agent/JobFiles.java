package io.outpost.worker.agent;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The files of one run, from before its agent starts until all are removed. Porters do the work on
 * them. For one thread, except for measuring.
 */
public final class JobFiles implements AutoCloseable {

  /** The exit code of {@link #input}'s porter when it cannot write to the path. */
  public static final int IN_THE_WAY = 4;

  private final Slots slots;
  private final JobDirectory directory;
  private final int slot;
  private final AtomicBoolean removed = new AtomicBoolean();
  private volatile boolean withoutArtifacts;

  JobFiles(Slots slots, JobDirectory directory, int slot) {
    this.slots = slots;
    this.directory = directory;
    this.slot = slot;
  }

  /** The paths of the files. */
  public JobDirectory directory() {
    return directory;
  }

  /** The worker's slot, from 0; two runs never share one. */
  public int slot() {
    return slot;
  }

  /**
   * Starts unpacking a workspace into the empty working directory. The caller writes the archive to
   * the porter's input.
   *
   * @param form 2: the form that {@link #save} packs; 1: an older form
   */
  public PorterProcess restore(int form) throws IOException {
    return slots.porter(Porter.Task.RESTORE, directory, slot, List.of(Integer.toString(form)));
  }

  /**
   * Starts packing the working directory. The caller reads the archive from the porter's output.
   */
  public PorterProcess save() throws IOException {
    return slots.porter(Porter.Task.SAVE, directory, slot, List.of());
  }

  /**
   * Kills every process of the run.
   *
   * @param main the first process
   */
  void kill(ProcessHandle main) {
    withoutArtifacts = slots.confinement().kill(main, directory, slot);
  }

  /** Whether the run certainly left no artifacts, as seen when its last process was killed. */
  public boolean isWithoutArtifacts() {
    return withoutArtifacts;
  }

  /**
   * Starts reading artifacts. The output is their total number, a line end, and an archive of the
   * first ones.
   */
  public PorterProcess artifacts(int most, long bytes) throws IOException {
    return slots.porter(
        Porter.Task.ARTIFACTS,
        directory,
        slot,
        List.of(Integer.toString(most), Long.toString(bytes)));
  }

  /**
   * Starts writing a file into the working directory. The porter's input is the path, a zero byte
   * and the content.
   */
  public PorterProcess input() throws IOException {
    return slots.porter(Porter.Task.INPUT, directory, slot, List.of());
  }

  /**
   * Replaces a folder of the agent's home by a link into the working directory, so that a workspace
   * keeps it.
   */
  void keepConversations(String folder) throws IOException {
    try (PorterProcess porter =
        slots.porter(Porter.Task.CONVERSATIONS, directory, slot, List.of(folder))) {
      porter.input().close();
      porter.awaitSuccess();
    }
  }

  /** Writes the task to {@link JobDirectory#task}. */
  void writeTask(String task) throws IOException {
    try (PorterProcess porter = slots.porter(Porter.Task.TASK, directory, slot, List.of())) {
      try (OutputStream in = porter.input()) {
        in.write(task.getBytes(StandardCharsets.UTF_8));
      }
      porter.awaitSuccess();
    }
  }

  /**
   * Removes all files and processes of the run on this machine. If something cannot be removed, the
   * slot is out of service until it can be; that is logged and does not fail the run.
   */
  @Override
  public void close() {
    if (removed.compareAndSet(false, true)) {
      slots.cleanUp(directory, slot);
    }
  }
}
