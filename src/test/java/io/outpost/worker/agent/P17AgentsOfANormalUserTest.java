package io.outpost.worker.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.worker.agent.AgentRunSettings.SandboxUse;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.FileSystemUtils;

/**
 * A worker without root, as on a developer's machine, survives its agents and says what it cannot
 * keep from them.
 */
@Tag("product")
class P17AgentsOfANormalUserTest {

  private static final String USER = "65533";

  /** What the jobs need of the class path, copied to where a normal user can read it. */
  private static final Pattern NEEDED =
      Pattern.compile(
          "(slf4j-api|logback-|jackson-|spring-core|spring-jcl|spring-boot-|junit-|opentest4j|apiguardian).*");

  @TempDir(factory = TestConfinement.Passable.class)
  Path directory;

  @Test
  void hostileJobsAreContainedAndTheMissingIsolationIsTold() throws Exception {
    assertThat(asNormalUser(SandboxUse.OFF))
        .doesNotContainEntry("fork-bomb", "exit 0")
        .containsEntry("ignores-term", "TIME_LIMIT")
        .containsEntry("fills-disk", "DISK_LIMIT")
        .containsEntry("prints-much", "exit 5, output cut")
        .containsEntry("daemonizes", "exit 0")
        .containsEntry("daemons left", "0")
        .containsEntry("next", "exit 0")
        .hasEntrySatisfying("confinement", text -> assertThat(text).contains("NOT ISOLATED"));
  }

  @Test
  void withASandboxTheWorkersProcessIsOutOfReachToo() throws Exception {
    TestConfinement.sandboxed().close();
    assertThat(asNormalUser(SandboxUse.AUTO))
        .doesNotContainEntry("fork-bomb", "exit 0")
        .containsEntry("daemons left", "0")
        .containsEntry("worker's environment", "out of reach")
        .containsEntry("next", "exit 0")
        .hasEntrySatisfying("confinement", text -> assertThat(text).contains("bubblewrap"));
  }

  private Map<String, String> asNormalUser(SandboxUse sandbox) throws Exception {
    Path jobs = Files.createDirectory(directory.resolve("jobs"));
    if (!Isolation.isRoot()) {
      return NormalUserJobs.run(jobs, sandbox);
    }
    Files.setAttribute(jobs, "unix:uid", Integer.valueOf(USER));
    List<String> command =
        new ArrayList<>(List.of("setpriv", "--reuid", USER, "--regid", USER, "--clear-groups"));
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin/java").toString(),
            "-XX:TieredStopAtLevel=1"));
    command.addAll(
        List.of(
            "-cp",
            readableClassPath(),
            NormalUserJobs.class.getName(),
            jobs.toString(),
            sandbox.name()));
    Process process =
        new ProcessBuilder(command).directory(jobs.toFile()).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    Map<String, String> results = new TreeMap<>();
    output
        .lines()
        .map(line -> line.split(": ", 2))
        .filter(line -> line.length == 2)
        .forEach(line -> results.put(line[0], line[1]));
    return results;
  }

  private String readableClassPath() throws Exception {
    Path copy = Files.createDirectory(directory.resolve("classes"));
    List<String> parts = new ArrayList<>(List.of(copy.toString()));
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      Path path = Path.of(entry);
      if (Files.isDirectory(path)) {
        FileSystemUtils.copyRecursively(path.resolve("io/outpost"), copy.resolve("io/outpost"));
        if (Files.isDirectory(path.resolve("porter"))) {
          FileSystemUtils.copyRecursively(path.resolve("porter"), copy.resolve("porter"));
        }
      } else if (NEEDED.matcher(path.getFileName().toString()).matches()) {
        parts.add(Files.copy(path, copy.resolve(path.getFileName())).toString());
      }
    }
    new ProcessBuilder("chmod", "-R", "a+rX", copy.toString()).inheritIO().start().waitFor();
    return String.join(File.pathSeparator, parts);
  }
}
