package io.outpost.worker.agent;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.util.unit.DataSize;

/**
 * A job's share of this machine, or of its container when that has lower limits. All slots together
 * fit beside the worker itself.
 *
 * @param memory of the container in bytes
 * @param heap the maximum of the worker's heap in bytes
 * @param disk the size of the file system with the jobs' directories
 * @param free its free bytes
 * @param slots how many jobs run at once
 */
record JobShare(long memory, long heap, long disk, long free, int slots) {

  private static final Logger LOG = LoggerFactory.getLogger(JobShare.class);

  /** Memory that Java needs besides its heap, and that the system needs. */
  private static final long BESIDE_HEAP = DataSize.ofMegabytes(768).toBytes();

  /** The least memory with which an agent can start. */
  private static final long LEAST = DataSize.ofMegabytes(64).toBytes();

  /**
   * The machine has too little memory or disk; the message says which setting to change, and to
   * what.
   */
  static final class DoesNotFitException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    DoesNotFitException(String message) {
      super(message);
    }
  }

  /** The shares of this machine. Java reads the limits of its control group, versions 1 and 2. */
  static JobShare here(Path directory, int slots) throws IOException {
    OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    Files.createDirectories(directory);
    FileStore store = Files.getFileStore(directory);
    return new JobShare(
        system.getTotalMemorySize(),
        Runtime.getRuntime().maxMemory(),
        store.getTotalSpace(),
        store.getUsableSpace(),
        Math.max(1, slots)); // a worker may have no slots at all
  }

  /**
   * The settings with the computed shares filled in.
   *
   * @throws DoesNotFitException when all slots together need more than the machine has
   */
  AgentRunSettings complete(AgentRunSettings settings) {
    long jobMemory = jobMemory(settings);
    long jobDisk = jobDisk(settings);
    LOG.info(
        "A job may have {} of memory and {} of files: {} at once on {} of memory, {} of disk and {} processors",
        size(jobMemory),
        size(jobDisk),
        slots,
        size(memory),
        size(disk),
        Runtime.getRuntime().availableProcessors());
    return settings.with(DataSize.ofBytes(jobMemory), DataSize.ofBytes(jobDisk));
  }

  private long jobMemory(AgentRunSettings settings) {
    long forJobs = Math.max(0, memory - heap - BESIDE_HEAP);
    long most = forJobs / slots;
    long wanted = settings.memory() == null ? Math.max(most, LEAST) : settings.memory().toBytes();
    if (wanted > most) {
      throw new DoesNotFitException(
          "OUTPOST_WORKER_MEMORY_LIMIT: %d jobs (OUTPOST_WORKER_SLOTS) with %s of memory each do not fit into the %s that are left of %s beside the worker's own %s: %s"
              .formatted(
                  slots,
                  size(wanted),
                  size(forJobs),
                  size(memory),
                  size(heap + BESIDE_HEAP),
                  most < LEAST
                      ? "set fewer slots, give the container more memory, or Java less (-Xmx)"
                      : "set it to at most " + size(most) + ", or fewer slots"));
    }
    return wanted;
  }

  private long jobDisk(AgentRunSettings settings) {
    long printed = settings.output().toBytes();
    long share = free / slots;
    long wanted =
        settings.disk() == null
            ? Math.max(LEAST, Math.max(share / 2, share - printed))
            : settings.disk().toBytes();
    long most = settings.disk() == null ? share : disk / slots - printed;
    if (wanted > most) {
      throw new DoesNotFitException(
          "OUTPOST_WORKER_DISK_LIMIT: %d jobs (OUTPOST_WORKER_SLOTS) with %s of files and %s of output (OUTPOST_WORKER_OUTPUT_LIMIT) each do not fit into the %s of OUTPOST_WORKER_DIRECTORY, %s of them free: set lower limits or fewer slots, or give it more disk"
              .formatted(slots, size(wanted), size(printed), size(disk), size(free)));
    }
    return wanted;
  }

  /** A size in the notation of settings, rounded down. */
  private static String size(long bytes) {
    return DataSize.ofBytes(bytes).toMegabytes() + "MB";
  }
}
