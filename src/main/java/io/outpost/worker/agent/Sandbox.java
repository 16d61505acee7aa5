package io.outpost.worker.agent;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * bubblewrap as the last link of the launch chain: a separate process table, only the job's files
 * writable, other jobs and shared temporary directories hidden. It needs user namespaces, but no
 * privileges.
 *
 * @param bwrap the program
 */
record Sandbox(Path bwrap) {

  private static final List<String> SHARED = List.of("/tmp", "/var/tmp", "/dev/shm");

  /**
   * The files with user names. When they lack the user, the sandbox shows copies that have the
   * name.
   */
  private static final List<String> NAMES = List.of("passwd", "group");

  /** The command line of bubblewrap before the agent's command. */
  List<String> arguments(JobDirectory directory, List<String> command) {
    List<String> arguments = base();
    add(arguments, "--die-with-parent");
    for (String shared : SHARED) {
      add(arguments, "--bind", directory.tmp(), shared);
    }
    add(arguments, "--tmpfs", parent(directory));
    add(arguments, "--bind", directory.root(), directory.root());
    command.stream()
        .filter(Sandbox::isHidden)
        .filter(part -> !part.startsWith(directory.root() + "/") && Files.exists(Path.of(part)))
        .forEach(part -> add(arguments, "--ro-bind", part, part));
    for (String file : NAMES) {
      Path copy = directory.spool(file);
      if (Files.exists(copy)) {
        add(arguments, "--ro-bind", copy, "/etc/" + file);
      }
    }
    add(arguments, "--chdir", directory.work(), "--");
    return arguments;
  }

  /**
   * The command line of bubblewrap before a porter's command. The porter sees only the job's
   * directory; it outlives the thread that started it, and ends when its pipes are closed.
   */
  List<String> porter(JobDirectory directory) {
    List<String> arguments = base();
    for (String shared : SHARED) {
      add(arguments, "--tmpfs", shared);
    }
    add(arguments, "--tmpfs", parent(directory));
    add(arguments, "--bind", directory.root(), directory.root());
    add(arguments, "--");
    return arguments;
  }

  /** A command line that succeeds when sandboxes work. */
  List<String> probe() {
    List<String> arguments = base();
    add(arguments, "--", "/bin/sh", "-c", "test $$ -lt 10");
    return arguments;
  }

  private List<String> base() {
    List<String> arguments = new ArrayList<>();
    add(
        arguments,
        bwrap,
        "--unshare-user",
        "--unshare-pid",
        "--unshare-ipc",
        "--unshare-uts",
        "--unshare-cgroup-try");
    add(arguments, "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc");
    return arguments;
  }

  private static boolean isHidden(String part) {
    return SHARED.stream().anyMatch(shared -> part.startsWith(shared + "/"));
  }

  private static Path parent(JobDirectory directory) {
    return Objects.requireNonNull(directory.root().getParent(), "A job has a directory in another");
  }

  private static void add(List<String> arguments, Object... more) {
    for (Object argument : more) {
      arguments.add(argument.toString());
    }
  }
}
