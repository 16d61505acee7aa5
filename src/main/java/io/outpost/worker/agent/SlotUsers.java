package io.outpost.worker.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the agents of each slot as a separate user, without any privilege. Requires a worker that is
 * root.
 */
final class SlotUsers implements Confinement {

  private static final Logger LOG = LoggerFactory.getLogger(SlotUsers.class);
  private static final int ROUNDS = 100;
  private static final long ROUND = TimeUnit.MILLISECONDS.toNanos(10);

  /**
   * A script that kills all processes of its user except itself, and then looks for artifacts in a
   * job's working directory.
   */
  private static final String KILL =
      """
      exec 2>/dev/null
      kill -KILL -- -1
      cd -P -- "$1/work" && [ ! -e artifacts ] && [ ! -L artifacts ] && echo none
      """;

  /**
   * The script's output when there are no artifacts. An agent could forge the output, but gains
   * nothing: it could as well remove its artifacts.
   */
  private static final String NO_ARTIFACTS = "none\n";

  private final Limits limits;
  private final UserRange users;
  private final UserNames names;
  private final Path setpriv;
  private final Optional<Sandbox> sandbox;
  private final List<String> shared;

  /** Slots that are known to be empty; a crashed worker may have left processes in others. */
  private final Set<Integer> clean = ConcurrentHashMap.newKeySet();

  private final Set<Integer> used = ConcurrentHashMap.newKeySet();

  SlotUsers(
      Limits limits,
      UserRange users,
      UserNames names,
      Path setpriv,
      Optional<Sandbox> sandbox,
      List<String> shared) {
    this.limits = limits;
    this.users = users;
    this.names = names;
    this.setpriv = setpriv;
    this.sandbox = sandbox;
    this.shared = List.copyOf(shared);
  }

  @Override
  public String description() {
    return "a user for each slot, from id %d, without privileges%s"
        .formatted(
            users.first(),
            sandbox.isPresent()
                ? ", in a bubblewrap sandbox"
                : "; no sandbox: agents see the names and arguments of other processes");
  }

  @Override
  public int worker() {
    return users.first();
  }

  @Override
  public void give(Path path, int slot) throws IOException {
    int user = users.of(slot);
    Files.setAttribute(path, "unix:gid", user, LinkOption.NOFOLLOW_LINKS);
    Files.setAttribute(path, "unix:uid", user, LinkOption.NOFOLLOW_LINKS);
  }

  @Override
  public String user(JobDirectory directory, int slot) throws IOException {
    int user = users.of(slot);
    names.home(user, directory.home());
    return names.of(user);
  }

  @Override
  public List<String> prefix(
      JobDirectory directory, int slot, Duration timeLimit, List<String> command) {
    occupy(slot);
    List<String> prefix = new ArrayList<>(limits.chain(timeLimit, 0));
    prefix.addAll(become(slot));
    prefix.addAll(limits.normal(directory));
    sandbox.ifPresent(box -> prefix.addAll(box.arguments(directory, command)));
    return prefix;
  }

  @Override
  public List<String> porter(JobDirectory directory, int slot) {
    if (sandbox.isEmpty()) {
      return outside(slot);
    }
    List<String> prefix = new ArrayList<>(drop("--reuid", user(slot), "--regid", user(slot)));
    prefix.addAll(sandbox.get().porter(directory));
    return prefix;
  }

  /**
   * The effective user, which opens files, is the slot's. The real user is one that no agent has:
   * so no agent can trace the process, and a slot that is full of processes cannot keep it from
   * starting.
   */
  @Override
  public List<String> outside(int slot) {
    return drop(
        "--ruid", Integer.toString(users.porter()), "--euid", user(slot), "--regid", user(slot));
  }

  @Override
  public List<String> sharedFolders() {
    return shared;
  }

  /** Every other slot that was used since this worker started. */
  @Override
  public Collection<Integer> others(int slot) {
    return used.stream().filter(other -> other != slot).toList();
  }

  @Override
  public int slotOf(JobDirectory directory) throws IOException {
    if (!Files.exists(directory.root(), LinkOption.NOFOLLOW_LINKS)) {
      return -1;
    }
    Object owner = Files.getAttribute(directory.root(), "unix:uid", LinkOption.NOFOLLOW_LINKS);
    return users.slotOf((Integer) owner);
  }

  @Override
  public boolean isEmpty(int slot) {
    return clean.contains(slot);
  }

  @Override
  public Stream<ProcessHandle> members(ProcessHandle main, JobDirectory directory, int slot) {
    return processesOf(slot).filter(ProcessTable::isAlive);
  }

  @Override
  public void occupy(int slot) {
    clean.remove(slot);
    used.add(slot);
  }

  @Override
  public boolean kill(ProcessHandle main, JobDirectory directory, int slot) {
    Optional<String> said = endAll(slot, directory.root());
    if (main.isAlive()) {
      occupy(slot); // killed so early that it did not run as the slot's user yet
      return false;
    }
    return said.filter(NO_ARTIFACTS::equals).isPresent();
  }

  @Override
  public boolean endAll(int slot) {
    return endAll(slot, Path.of("/")).isPresent();
  }

  /**
   * Kills all processes of a slot. One signal from the slot's user to all its processes reaches
   * daemons and fork bombs alike; it is repeated only because a process of the slot could kill the
   * sender first.
   *
   * @return the output of the last sender; empty when processes are left
   */
  private Optional<String> endAll(int slot, Path job) {
    occupy(slot);
    for (int round = 0; round < ROUNDS; round++) {
      String said = asUser(slot, "bash", "-c", KILL, "kill.sh", job.toString());
      List<ProcessHandle> all = processesOf(slot).toList();
      List<ProcessHandle> left = all.stream().filter(ProcessTable::isAlive).toList();
      if (left.isEmpty()) {
        clean.add(slot);
        awaitReaped(slot, all.size());
        return Optional.of(said);
      }
      left.forEach(ProcessHandle::destroyForcibly);
      LockSupport.parkNanos(ROUND);
    }
    LOG.error(
        "Processes of slot {} (user {}) outlived SIGKILL; no job runs there until they end",
        slot,
        users.of(slot));
    return Optional.empty();
  }

  /**
   * Waits for the machine's first process to reap zombies, because they count against the slot's
   * process limit.
   */
  private void awaitReaped(int slot, long seen) {
    long dead = seen;
    for (int round = 0; round < ROUNDS; round++) {
      if (dead <= limits.fewProcesses()) {
        return;
      }
      LockSupport.parkNanos(ROUND);
      dead = processesOf(slot).count();
    }
    LOG.warn(
        "Dead processes of user {} are not reaped: run the worker under an init process such as tini",
        users.of(slot));
  }

  /** The slot's processes, including zombies. */
  private Stream<ProcessHandle> processesOf(int slot) {
    int user = users.of(slot);
    return ProcessHandle.allProcesses().filter(process -> ProcessTable.isOf(process, user));
  }

  @Override
  public void close() throws IOException {
    users.close();
  }

  /** The link of the launch chain that drops all privileges of root. */
  List<String> become(int slot) {
    return drop("--reuid", user(slot), "--regid", user(slot), "--pdeathsig", "KILL");
  }

  private List<String> drop(String... identity) {
    List<String> link = new ArrayList<>(List.of(setpriv.toString()));
    link.addAll(List.of(identity));
    link.addAll(
        List.of(
            "--clear-groups",
            "--no-new-privs",
            "--inh-caps=-all",
            "--ambient-caps=-all",
            "--bounding-set=-all",
            "--"));
    return link;
  }

  private String user(int slot) {
    return Integer.toString(users.of(slot));
  }

  private String asUser(int slot, String tool, String... arguments) {
    Optional<Path> program = limits.find(tool);
    if (program.isEmpty()) {
      return "";
    }
    List<String> command = new ArrayList<>(become(slot));
    command.add(program.get().toString());
    command.addAll(List.of(arguments));
    return Tool.run(command).output();
  }
}
