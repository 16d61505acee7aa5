package io.outpost.worker.agent;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
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
 * Runs the agents of each slot as a user of its own, without any privilege. Needs a worker that is
 * root.
 */
final class SlotUsers implements Confinement {

  private static final Logger LOG = LoggerFactory.getLogger(SlotUsers.class);
  private static final int ROUNDS = 100;
  private static final long ROUND = TimeUnit.MILLISECONDS.toNanos(10);

  private final Limits limits;
  private final UserRange users;
  private final Path setpriv;
  private final Optional<Sandbox> sandbox;

  /**
   * Slots of which it is known that no process is left; a worker that crashed may have left some.
   */
  private final Set<Integer> clean = ConcurrentHashMap.newKeySet();

  SlotUsers(Limits limits, UserRange users, Path setpriv, Optional<Sandbox> sandbox) {
    this.limits = limits;
    this.users = users;
    this.setpriv = setpriv;
    this.sandbox = sandbox;
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
  public void handOver(JobDirectory directory, int slot) throws IOException {
    if (!clean.contains(slot)) {
      endAll(slot);
    }
    if (!clean.contains(slot)) {
      throw new IOException("Processes of an earlier job are left in slot " + slot);
    }
    for (Path path :
        List.of(directory.work(), directory.home(), directory.tmp(), directory.task())) {
      if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
        Files.walkFileTree(path, new Owner(users.of(slot)));
      }
    }
  }

  @Override
  public List<String> prefix(
      JobDirectory directory, int slot, Duration timeLimit, List<String> command) {
    List<String> prefix = new ArrayList<>(limits.chain(timeLimit, 0));
    prefix.addAll(become(slot));
    sandbox.ifPresent(box -> prefix.addAll(box.arguments(directory, command)));
    return prefix;
  }

  @Override
  public Stream<ProcessHandle> members(ProcessHandle main, JobDirectory directory, int slot) {
    return membersOf(slot);
  }

  @Override
  public void kill(ProcessHandle main, JobDirectory directory, int slot) {
    endAll(slot);
    if (sandbox.isEmpty()) {
      removeLeftovers(slot);
    }
  }

  /**
   * One signal from the slot's user to all of its processes reaches daemons and fork bombs alike.
   * It is repeated only because a process of the slot could kill the sender before it has sent.
   */
  private void endAll(int slot) {
    clean.remove(slot);
    for (int round = 0; round < ROUNDS; round++) {
      asUser(slot, "kill", "-KILL", "--", "-1");
      List<ProcessHandle> left = membersOf(slot).toList();
      if (left.isEmpty()) {
        clean.add(slot);
        awaitReaped(slot);
        return;
      }
      left.forEach(ProcessHandle::destroyForcibly);
      LockSupport.parkNanos(ROUND);
    }
    LOG.error(
        "Processes of slot {} (user {}) outlived SIGKILL; no job runs there until they end",
        slot,
        users.of(slot));
  }

  /**
   * The dead count against the slot's limit of processes until the machine's first process has
   * taken note of them.
   */
  private void awaitReaped(int slot) {
    int user = users.of(slot);
    for (int round = 0; round < ROUNDS; round++) {
      long dead =
          ProcessHandle.allProcesses().filter(process -> ProcessTable.isOf(process, user)).count();
      if (dead <= limits.fewProcesses()) {
        return;
      }
      LockSupport.parkNanos(ROUND);
    }
    LOG.warn(
        "Dead processes of user {} are not reaped: run the worker under an init process such as tini",
        user);
  }

  /**
   * What a job left outside its directory would be the next one's to find; it can only be where all
   * may write.
   */
  private void removeLeftovers(int slot) {
    String user = Integer.toString(users.of(slot));
    for (String shared : List.of("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue")) {
      if (Files.isDirectory(Path.of(shared))) {
        asUser(
            slot,
            "find",
            shared,
            "-mindepth",
            "1",
            "-xdev",
            "(",
            "-type",
            "d",
            "!",
            "-user",
            user,
            "!",
            "-perm",
            "-002",
            "-prune",
            ")",
            "-o",
            "-user",
            user,
            "-prune",
            "-exec",
            "rm",
            "-rf",
            "--",
            "{}",
            "+");
      }
    }
    asUser(slot, "ipcrm", "--all");
  }

  private Stream<ProcessHandle> membersOf(int slot) {
    int user = users.of(slot);
    return ProcessTable.alive().filter(process -> ProcessTable.isOf(process, user));
  }

  @Override
  public void close() throws IOException {
    users.close();
  }

  /** The link of the launch chain that gives up everything root may do. */
  List<String> become(int slot) {
    String user = Integer.toString(users.of(slot));
    return List.of(
        setpriv.toString(),
        "--reuid",
        user,
        "--regid",
        user,
        "--clear-groups",
        "--no-new-privs",
        "--inh-caps=-all",
        "--ambient-caps=-all",
        "--bounding-set=-all",
        "--pdeathsig",
        "KILL",
        "--");
  }

  private void asUser(int slot, String tool, String... arguments) {
    Optional<Path> program = limits.find(tool);
    if (program.isEmpty()) {
      return;
    }
    List<String> command = new ArrayList<>(become(slot));
    command.add(program.get().toString());
    command.addAll(List.of(arguments));
    Tool.run(command);
  }

  /** Gives a tree to a user; links are given themselves, not what they point to. */
  private static final class Owner extends SimpleFileVisitor<Path> {

    private final int user;

    Owner(int user) {
      this.user = user;
    }

    @Override
    public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes)
        throws IOException {
      return visitFile(path, attributes);
    }

    @Override
    public FileVisitResult visitFile(Path path, BasicFileAttributes attributes) throws IOException {
      Files.setAttribute(path, "unix:uid", user, LinkOption.NOFOLLOW_LINKS);
      Files.setAttribute(path, "unix:gid", user, LinkOption.NOFOLLOW_LINKS);
      return FileVisitResult.CONTINUE;
    }
  }
}
