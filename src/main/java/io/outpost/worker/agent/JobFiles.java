package io.outpost.worker.agent;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The files of one run, from before its agent starts until nothing of them is left. Everything is
 * done by porters. For one thread, but for measuring.
 */
public final class JobFiles implements AutoCloseable {

  private final Slots slots;
  private final JobDirectory directory;
  private final int slot;
  private final AtomicBoolean removed = new AtomicBoolean();

  JobFiles(Slots slots, JobDirectory directory, int slot) {
    this.slots = slots;
    this.directory = directory;
    this.slot = slot;
  }

  /** Where they are. */
  public JobDirectory directory() {
    return directory;
  }

  /** The worker's slot, from 0; no two runs at once share one. */
  public int slot() {
    return slot;
  }

  /**
   * Starts to unpack a workspace into the empty working directory; the archive goes to its input.
   *
   * @param form 2: as {@link #save} packs it; 1: as it was packed before
   */
  public PorterProcess restore(int form) throws IOException {
    return slots.porter(Porter.Task.RESTORE, directory, slot, List.of(Integer.toString(form)));
  }

  /** Starts to pack the working directory; the archive comes from its output. */
  public PorterProcess save() throws IOException {
    return slots.porter(Porter.Task.SAVE, directory, slot, List.of());
  }

  /** Starts to hand over the first artifacts: their whole number, a line end, an archive. */
  public PorterProcess artifacts(int most, long bytes) throws IOException {
    return slots.porter(
        Porter.Task.ARTIFACTS,
        directory,
        slot,
        List.of(Integer.toString(most), Long.toString(bytes)));
  }

  /** Has a folder of the agent's home be one of the working directory, saved with it. */
  void keepConversations(String folder) throws IOException {
    try (PorterProcess porter =
        slots.porter(Porter.Task.CONVERSATIONS, directory, slot, List.of(folder))) {
      porter.input().close();
      porter.awaitSuccess();
    }
  }

  /** Writes the task where {@link JobDirectory#task} says. */
  void writeTask(String task) throws IOException {
    try (PorterProcess porter = slots.porter(Porter.Task.TASK, directory, slot, List.of())) {
      try (OutputStream in = porter.input()) {
        in.write(task.getBytes(StandardCharsets.UTF_8));
      }
      porter.awaitSuccess();
    }
  }

  /**
   * Removes everything that the run left on this machine. When something stays, the slot is out of
   * service until it is gone; that is logged and no failure of the run.
   */
  @Override
  public void close() {
    if (removed.compareAndSet(false, true)) {
      slots.cleanUp(directory, slot);
    }
  }
}
