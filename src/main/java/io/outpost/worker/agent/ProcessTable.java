package io.outpost.worker.agent;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Reads processes from {@code /proc}. For a process that has gone, or without {@code /proc}, every
 * answer is empty or zero.
 */
final class ProcessTable {

  private static final long PAGE = 4096;

  private ProcessTable() {}

  /** Whether the process still runs; a zombie does not. */
  static boolean isAlive(ProcessHandle process) {
    return !stat(process)[0].matches("[ZX]?");
  }

  /** Whether a signal has stopped the process. */
  static boolean isStopped(ProcessHandle process) {
    return stat(process)[0].equals("T");
  }

  /** Whether the process has that user as effective, real or saved user. */
  static boolean isOf(ProcessHandle process, int user) {
    return Stream.of(status(process, "Uid:").split("\\s+"))
        .anyMatch(Integer.toString(user)::equals);
  }

  /** The number of processes and threads of the user that this program runs as. */
  static long ownTasks() {
    Optional<String> user = ProcessHandle.current().info().user();
    return ProcessHandle.allProcesses()
        .filter(process -> process.info().user().equals(user))
        .map(process -> status(process, "Threads:"))
        .filter(threads -> !threads.isEmpty())
        .mapToLong(Long::parseLong)
        .sum();
  }

  static boolean isOfSession(ProcessHandle process, long session) {
    String[] fields = stat(process);
    return fields.length > 3 && fields[3].equals(Long.toString(session));
  }

  /**
   * Whether the environment of the process has this {@code NAME=value}; false for another user's
   * process, whose environment cannot be read.
   */
  static boolean hasVariable(ProcessHandle process, String variable) {
    return Stream.of(read(process, "environ").split("\0")).anyMatch(variable::equals);
  }

  /** Bytes of private memory of the process. */
  static long ownMemory(ProcessHandle process) {
    String[] pages = read(process, "statm").strip().split(" ");
    return pages.length < 3 ? 0 : (Long.parseLong(pages[1]) - Long.parseLong(pages[2])) * PAGE;
  }

  private static String status(ProcessHandle process, String field) {
    return read(process, "status")
        .lines()
        .filter(line -> line.startsWith(field))
        .map(line -> line.substring(field.length()).strip())
        .findFirst()
        .orElse("");
  }

  /** The fields of {@code stat} after the name: state, parent, group, session and so on. */
  private static String[] stat(ProcessHandle process) {
    String stat = read(process, "stat");
    return stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ");
  }

  private static String read(ProcessHandle process, String file) {
    try {
      return Files.readString(
          Path.of("/proc", Long.toString(process.pid()), file), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return "";
    }
  }
}
