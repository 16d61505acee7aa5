package io.outpost.worker.agent;

import io.outpost.platform.agents.SearchPath;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Runs agents as the worker's own user, for a developer's machine: they are found by session,
 * descent and home directory, but nothing keeps them from the worker's files and processes.
 */
final class SameUser implements Confinement {

  private static final long SETTLE = TimeUnit.SECONDS.toNanos(2);

  private final List<String> session;

  SameUser(SearchPath tools) {
    this.session = tools.find("setsid").map(setsid -> List.of(setsid.toString())).orElse(List.of());
  }

  @Override
  public String description() {
    return "NOT ISOLATED: agents run as the worker's own user and can read whatever it can; "
        + "start the worker as root in its container to keep tenants apart";
  }

  @Override
  public void handOver(JobDirectory directory, int slot) {
    // They are the worker's own already.
  }

  @Override
  public List<String> prefix(JobDirectory directory, int slot, Duration timeLimit) {
    return session;
  }

  @Override
  public void terminate(ProcessHandle main, JobDirectory directory, int slot) {
    members(main, directory).forEach(ProcessHandle::destroy);
  }

  @Override
  public void kill(ProcessHandle main, JobDirectory directory, int slot) {
    long end = System.nanoTime() + SETTLE;
    Set<ProcessHandle> left = members(main, directory);
    while (!left.isEmpty() && System.nanoTime() < end) {
      left.forEach(ProcessHandle::destroyForcibly);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
      left = members(main, directory);
    }
  }

  private static Set<ProcessHandle> members(ProcessHandle main, JobDirectory directory) {
    String home = "HOME=" + directory.home();
    Stream<ProcessHandle> marked =
        ProcessHandle.allProcesses()
            .filter(
                process ->
                    sessionOf(process) == main.pid() || environmentOf(process).contains(home));
    return Stream.of(Stream.of(main), main.descendants(), marked)
        .flatMap(processes -> processes)
        .filter(ProcessHandle::isAlive)
        .filter(process -> !isZombie(process))
        .collect(Collectors.toSet());
  }

  private static long sessionOf(ProcessHandle process) {
    String[] fields = statusOf(process);
    return fields.length > 3 ? Long.parseLong(fields[3]) : -1;
  }

  private static boolean isZombie(ProcessHandle process) {
    return statusOf(process)[0].equals("Z");
  }

  /**
   * The fields of {@code /proc/<pid>/stat} behind the name: state, parent, group, session and so
   * on.
   */
  private static String[] statusOf(ProcessHandle process) {
    String stat = read(Path.of("/proc", Long.toString(process.pid()), "stat"));
    return stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ");
  }

  private static Set<String> environmentOf(ProcessHandle process) {
    return Set.copyOf(
        List.of(read(Path.of("/proc", Long.toString(process.pid()), "environ")).split("\0")));
  }

  /** Empty where there is no such file, or it is another user's. */
  private static String read(Path file) {
    try {
      return Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return "";
    }
  }
}
