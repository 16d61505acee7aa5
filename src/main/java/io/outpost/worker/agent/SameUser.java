package io.outpost.worker.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs agents as the worker's own user, for a developer's machine. Their processes are found by
 * descent, session and home directory; without a sandbox they can read everything that this user
 * can.
 */
final class SameUser implements Confinement {

  private static final Logger LOG = LoggerFactory.getLogger(SameUser.class);
  private static final long SETTLE = TimeUnit.SECONDS.toNanos(2);

  private final Limits limits;
  private final Optional<Sandbox> sandbox;
  private final Optional<String> name;

  SameUser(Limits limits, Optional<Sandbox> sandbox) {
    this.limits = limits;
    this.sandbox = sandbox;
    this.name = ownName();
    if (name.isEmpty() && sandbox.isEmpty()) {
      LOG.warn(
          "This user has no name, so programs of agents that ask for it fail: add a line for it to"
              + " /etc/passwd, or install bubblewrap");
    }
  }

  @Override
  public String description() {
    return sandbox.isPresent()
        ? "the worker's own user, in a bubblewrap sandbox; agents can READ THIS USER'S FILES"
        : "the worker's own user, NOT ISOLATED: agents can read and change whatever this user can;"
            + " start the worker as root in its container to keep tenants apart";
  }

  @Override
  public int worker() {
    return -1;
  }

  @Override
  public void give(Path path, int slot) {
    // The worker's own user has the file already.
  }

  /**
   * The user's name. A user without one, as in a container started with an arbitrary id, gets a
   * name only inside the sandbox.
   */
  @Override
  public String user(JobDirectory directory, int slot) throws IOException {
    if (name.isPresent()) {
      return name.get();
    }
    int id = (Integer) Files.getAttribute(directory.own(), "unix:uid");
    if (sandbox.isPresent()) {
      new UserNames(Path.of("/etc"), directory.own()).copy(id, directory.home(), directory.own());
    }
    return UserNames.made(id);
  }

  private static Optional<String> ownName() {
    Tool asked = Tool.run(List.of("/usr/bin/id", "-un"));
    return Optional.of(asked.output().strip()).filter(text -> asked.succeeded());
  }

  @Override
  public List<String> prefix(
      JobDirectory directory, int slot, Duration timeLimit, List<String> command) {
    List<String> prefix = new ArrayList<>(limits.chain(timeLimit, ProcessTable.ownTasks()));
    limits
        .find("setpriv")
        .ifPresent(
            setpriv ->
                prefix.addAll(
                    List.of(setpriv.toString(), "--no-new-privs", "--pdeathsig", "KILL", "--")));
    prefix.addAll(limits.normal(directory));
    sandbox.ifPresent(box -> prefix.addAll(box.arguments(directory, command)));
    return prefix;
  }

  @Override
  public List<String> porter(JobDirectory directory, int slot) {
    return sandbox.map(box -> box.porter(directory)).orElse(List.of());
  }

  @Override
  public List<String> outside(int slot) {
    return List.of();
  }

  /** None: in shared folders a job's files look like the user's own. */
  @Override
  public List<String> sharedFolders() {
    return List.of();
  }

  @Override
  public List<Integer> others(int slot) {
    return List.of();
  }

  @Override
  public int slotOf(JobDirectory directory) {
    return 0;
  }

  @Override
  public boolean isEmpty(int slot) {
    return true;
  }

  @Override
  public void occupy(int slot) {
    // Nothing to record: a run's processes are killed with it, and all others are the user's own.
  }

  @Override
  public boolean endAll(int slot) {
    return true;
  }

  @Override
  public void close() {
    // This confinement holds no resources.
  }

  @Override
  public Stream<ProcessHandle> members(ProcessHandle main, JobDirectory directory, int slot) {
    String home = "HOME=" + directory.home();
    Stream<ProcessHandle> marked =
        ProcessHandle.allProcesses()
            .filter(ProcessTable::isAlive)
            .filter(
                process ->
                    ProcessTable.isOfSession(process, main.pid())
                        || ProcessTable.hasVariable(process, home));
    return Stream.concat(
            Stream.concat(Stream.of(main), main.descendants()).filter(ProcessHandle::isAlive),
            marked)
        .distinct();
  }

  @Override
  public boolean kill(ProcessHandle main, JobDirectory directory, int slot) {
    long end = System.nanoTime() + SETTLE;
    List<ProcessHandle> left = members(main, directory, slot).toList();
    while (!left.isEmpty() && System.nanoTime() < end) {
      left.forEach(ProcessHandle::destroyForcibly);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
      left = members(main, directory, slot).toList();
    }
    return false;
  }
}
