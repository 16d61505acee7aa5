package io.outpost.worker.agent;

import io.outpost.worker.agent.Porter.Task;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The worker's slots. Gives each run a directory in a clean slot, and takes slots that cannot be
 * cleaned out of service. Safe for use by many threads.
 */
public final class Slots implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Slots.class);

  private final Confinement confinement;
  private final JobDirectories directories;
  private final Porter porter;
  private final Pipes pipes;
  private final boolean canHideByCall;

  /** The leftovers that could not be removed, by slot. A slot with leftovers is out of service. */
  private final Map<Integer, List<JobDirectory>> left = new ConcurrentHashMap<>();

  private final Set<Integer> outOfService = ConcurrentHashMap.newKeySet();

  Slots(Confinement confinement, JobDirectories directories, Limits tools) throws IOException {
    this.confinement = confinement;
    this.directories = directories;
    this.pipes = Pipes.in(directories.pipes(), Isolation.TOOLS);
    this.porter = new Porter(tools);
    this.canHideByCall = !tools.filtersCalls();
  }

  /**
   * Creates the slots, with the directories of jobs in this folder; removes the leftovers of a
   * killed worker.
   */
  static Slots in(Path base, Confinement confinement, Limits tools) throws IOException {
    Slots slots = new Slots(confinement, JobDirectories.in(base, confinement.worker()), tools);
    for (JobDirectory old : slots.directories.left()) {
      slots.cleanUp(old, confinement.slotOf(old));
    }
    return slots;
  }

  /**
   * Creates the directory of a run.
   *
   * @param name of the directory, which cannot be guessed
   * @throws IOException when the slot is out of service, or the directory cannot be created
   */
  JobFiles open(String name, int slot) throws IOException {
    if (!isUsable(slot)) {
      throw new IOException("Slot " + slot + " is out of service: it could not be cleaned");
    }
    return new JobFiles(this, directories.make(name, path -> confinement.give(path, slot)), slot);
  }

  /** Whether a run may start in the slot. Cleaning is tried again first when it failed before. */
  public boolean isUsable(int slot) {
    List<JobDirectory> old = left.remove(slot);
    if (old != null) {
      old.forEach(directory -> cleanUp(directory, slot));
    }
    boolean usable =
        !left.containsKey(slot)
            && ((confinement.isEmpty(slot) && !outOfService.contains(slot))
                || (confinement.endAll(slot) && sweep(slot)));
    report(slot, usable);
    if (usable) {
      pipes.prepare();
    }
    return usable;
  }

  /** Slots that are out of service because of leftovers. */
  public List<Integer> outOfService() {
    return outOfService.stream().sorted().toList();
  }

  /** Logs when a slot goes out of service and when it returns, but not each retry. */
  private void report(int slot, boolean usable) {
    if (usable && outOfService.remove(slot)) {
      LOG.info("Slot {} is clean and in service again", slot);
    }
    if (!usable && outOfService.add(slot)) {
      LOG.error("Slot {} is out of service: what a job left there could not be removed", slot);
    }
  }

  Confinement confinement() {
    return confinement;
  }

  Pipes pipes() {
    return pipes;
  }

  PorterProcess porter(Task task, JobDirectory directory, int slot, List<String> more)
      throws IOException {
    // A porter works on files that an agent made, so the slot must be emptied again afterwards.
    confinement.occupy(slot);
    return porter.start(confinement.porter(directory, slot), task, directory, more);
  }

  /**
   * Measures a run. Without the call filter some programs, such as ssh-agent, hide their open files
   * for good reason; then hidden files do not count.
   */
  ResourceWatch.Taken measure(JobDirectory directory, int slot, Stream<ProcessHandle> processes)
      throws IOException {
    List<String> prefix = confinement.outside(slot);
    String pids =
        processes.map(process -> "/proc/" + process.pid() + "\n").collect(Collectors.joining());
    try (PorterProcess measuring =
        porter.start(prefix, Task.MEASURE, directory, confinement.sharedFolders())) {
      try (OutputStream in = measuring.input()) {
        in.write(pids.getBytes(StandardCharsets.US_ASCII));
      }
      // Waits for the porter's end before reading its output: an agent may have stopped one of the
      // porter's processes, which would keep the pipe open forever.
      measuring.awaitSuccess();
      String[] numbers =
          new String(measuring.output().readNBytes(150), StandardCharsets.US_ASCII)
              .strip()
              .split(" ");
      long[] taken = Stream.of(numbers).mapToLong(Long::parseLong).toArray();
      long hidden = canHideByCall ? 0 : taken[3];
      return new ResourceWatch.Taken(taken[0], taken[1], taken[2], hidden, taken[4], taken[5]);
    } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
      throw new IOException("A measurement is not a number", e);
    }
  }

  void cleanUp(JobDirectory directory, int slot) {
    boolean clean;
    try {
      clean = confinement.isEmpty(slot) || confinement.endAll(slot);
      clean &= removeAll(directory, slot);
    } catch (IOException | RuntimeException e) {
      LOG.error("Cleaning slot {} failed", slot, e);
      clean = false;
    }
    if (!clean) {
      left.computeIfAbsent(slot, none -> new ArrayList<>()).add(directory);
      report(slot, false);
    }
  }

  /**
   * Removes what a job left, usually with one process. With a sandbox there are no shared folders
   * to sweep.
   */
  private boolean removeAll(JobDirectory directory, int slot) throws IOException {
    if (directories.remove(directory)) {
      return sweep(slot);
    }
    List<String> shared = confinement.sharedFolders();
    Task all = shared.isEmpty() ? Task.REMOVE : Task.CLEAN;
    boolean done = run(all, confinement.porter(directory, slot), directory, shared);
    if (directories.remove(directory)) {
      return done || sweep(slot);
    }
    var isEmpty = empty(directory, slot);
    return sweep(slot) && isEmpty;
  }

  private boolean empty(JobDirectory directory, int slot) throws IOException {
    // A job may have let other slots' users write here. Those users must remove their files
    // themselves.
    for (int other : confinement.others(slot)) {
      run(Task.REMOVE, confinement.outside(other), directory, List.of());
    }
    run(Task.REMOVE, confinement.porter(directory, slot), directory, List.of());
    return directories.remove(directory);
  }

  private boolean sweep(int slot) {
    List<String> shared = confinement.sharedFolders();
    if (shared.isEmpty()) {
      return true;
    }
    JobDirectory none = new JobDirectory(Path.of("/"), Path.of("/"));
    try {
      return run(Task.SWEEP, confinement.outside(slot), none, shared);
    } catch (IOException e) {
      LOG.error("Sweeping slot {} failed", slot, e);
      return false;
    }
  }

  private boolean run(Task task, List<String> prefix, JobDirectory directory, List<String> more)
      throws IOException {
    try (PorterProcess work = porter.start(prefix, task, directory, more)) {
      work.input().close();
      return work.exitCode() == 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Override
  public void close() throws IOException {
    directories.close();
    confinement.close();
  }
}
