package io.outpost.worker.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A job whose agent does nothing starts few processes, each of which costs milliseconds of the
 * worker's processors. Counted by strace, so that other processes of the machine do not matter.
 */
@Tag("product")
class JobProcessesTest {

  private static final int WARM_UP = 2;
  private static final int JOBS = 5;

  /** Matches the start of a process, but not of a thread. */
  private static final Pattern PROCESS =
      Pattern.compile("^\\d+ +(?:clone3?|v?fork)\\((?!.*CLONE_THREAD).*$");

  private static final Pattern PROGRAM =
      Pattern.compile("^\\d+ +execve\\(\"([^\"]*)\"(?!.* = -1 ).*$");

  @TempDir(factory = TestConfinement.Passable.class)
  Path directory;

  /** The processes that a number of jobs started. */
  private record Started(int processes, Map<String, Integer> programs) {

    int allPrograms() {
      return programs.values().stream().mapToInt(Integer::intValue).sum();
    }
  }

  @Test
  void aJobOfASlotsUserStartsFewProcesses() throws Exception {
    assumeTrue(Isolation.isRoot(), "SKIPPED: not root, so agents cannot be other users");
    check(started("slots"), 5, 13);
  }

  @Test
  void aJobOfTheWorkersOwnUserStartsFewProcesses() throws Exception {
    check(started("same"), 4, 10);
  }

  /** Allows one more process, because pipes are created for many jobs at once. */
  private static void check(Started started, int processes, int programs) {
    assertThat(started.processes())
        .as("processes of %d jobs, with the programs %s", JOBS, started)
        .isBetween(JOBS, JOBS * processes + 1);
    assertThat(started.allPrograms())
        .as("programs of %d jobs: %s", JOBS, started)
        .isBetween(JOBS, JOBS * programs + 2);
  }

  private Started started(String confinement) throws Exception {
    Path agent = Files.writeString(directory.resolve("agent"), "#!/bin/sh\n");
    Files.setPosixFilePermissions(agent, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path trace = directory.resolve("trace");
    List<String> command =
        List.of(
            "strace",
            "-f",
            "-qq",
            "--seccomp-bpf",
            "-e",
            "trace=execve,clone,clone3,fork,vfork",
            "-o",
            trace.toString(),
            Path.of(System.getProperty("java.home"), "bin/java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"),
            TrivialJobs.class.getName(),
            confinement,
            directory.toString(),
            agent.toString(),
            Integer.toString(WARM_UP + JOBS));
    assumeTrue(
        Tool.run(List.of("strace", "--seccomp-bpf", "-f", "-qq", "/bin/true")).succeeded(),
        "SKIPPED: strace is not installed, or may not trace here");
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    return count(trace, agent.toString());
  }

  /** Counts from the start of an agent to the same moment of a later job. */
  private static Started count(Path trace, String agent) throws IOException {
    int job = 0;
    int processes = 0;
    Map<String, Integer> programs = new TreeMap<>();
    for (String line : Files.readAllLines(trace, StandardCharsets.ISO_8859_1)) {
      boolean counts = job >= WARM_UP && job < WARM_UP + JOBS;
      Matcher program = PROGRAM.matcher(line);
      if (program.matches()) {
        if (counts) {
          programs.merge(program.group(1), 1, Integer::sum);
        }
        job += program.group(1).equals(agent) ? 1 : 0;
      } else if (counts && PROCESS.matcher(line).matches()) {
        processes++;
      }
    }
    assertThat(job).as("jobs").isEqualTo(WARM_UP + JOBS);
    return new Started(processes, programs);
  }
}
