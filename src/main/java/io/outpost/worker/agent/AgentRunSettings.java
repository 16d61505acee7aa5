package io.outpost.worker.agent;

import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/**
 * The limits and the user of an agent's run.
 *
 * @param directory the folder that contains the directories of jobs
 * @param firstUser the user id of the worker's first slot; the ids after it serve the others
 * @param sandbox whether bubblewrap is used where it works
 * @param output the maximum of output in bytes
 * @param processes the maximum of processes and threads at once, for slots with their own user
 * @param memory bytes of memory of all processes together; null: computed ({@link JobShare})
 * @param disk bytes of all files together; null: computed
 * @param files the maximum number of files and folders
 * @param fileSize the maximum size of one file
 * @param openFiles the maximum of open files of one process
 */
public record AgentRunSettings(
    Path directory,
    int firstUser,
    SandboxUse sandbox,
    DataSize output,
    int processes,
    @Nullable DataSize memory,
    @Nullable DataSize disk,
    long files,
    DataSize fileSize,
    int openFiles) {

  /** Bytes of memory of all processes together; known once the settings are complete. */
  public long memoryBytes() {
    return Objects.requireNonNull(memory, "A job's share of memory is computed first").toBytes();
  }

  /** Bytes of all files together; known once the settings are complete. */
  public long diskBytes() {
    return Objects.requireNonNull(disk, "A job's share of the disk is computed first").toBytes();
  }

  /** A copy with other limits of memory and disk. */
  AgentRunSettings with(DataSize otherMemory, DataSize otherDisk) {
    return new AgentRunSettings(
        directory,
        firstUser,
        sandbox,
        output,
        processes,
        otherMemory,
        otherDisk,
        files,
        fileSize,
        openFiles);
  }

  /** Whether a sandbox is used. */
  public enum SandboxUse {
    /** Used when bubblewrap is installed and works here. */
    AUTO,
    /** Never used: agents can use all files and processes of this machine that their user may. */
    OFF
  }
}
