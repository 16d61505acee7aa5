package io.outpost.worker.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Other users of the machine cannot remove a job's files, even from a folder that all may write to.
 */
class RemoveScriptTest {

  @TempDir(factory = TestConfinement.Passable.class)
  Path jobs;

  @Test
  void aUserOfTheSystemRemovesNothingOfAJob() throws Exception {
    assumeTrue(Isolation.isRoot(), "SKIPPED: not root, so this cannot be another user");
    Path job = Files.createDirectory(jobs.resolve("job"));
    Files.setPosixFilePermissions(job, PosixFilePermissions.fromString("rwxrwxrwx"));
    Files.createFile(job.resolve("kept"));
    Files.setAttribute(job, "unix:uid", 60_001);
    assertThat(removeAs("998", job)).isEqualTo(4);
    assertThat(job.resolve("kept")).exists();
    assertThat(removeAs("60001", job)).isZero();
    assertThat(job).isEmptyDirectory();
  }

  /**
   * Where all jobs are of one user, a job of the same workspace has that name as soon as it is
   * free: whoever removed the directory and looked again would remove what the next one has.
   */
  @Test
  void theDirectoryItselfIsLeftToTheWorker() throws Exception {
    assumeTrue(Isolation.isRoot(), "SKIPPED: not root, so this cannot be another user");
    Path job = Files.createDirectories(jobs.resolve("job/work/deep"));
    for (Path path : List.of(jobs, jobs.resolve("job"), job.getParent(), job)) {
      Files.setAttribute(path, "unix:uid", 60_002);
    }
    Files.setPosixFilePermissions(job.getParent(), PosixFilePermissions.fromString("---------"));
    assertThat(removeAs("60002", jobs.resolve("job"))).isZero();
    assertThat(jobs.resolve("job")).isEmptyDirectory();
  }

  @Test
  void removingManyFilesTakesLittleMemory() throws Exception {
    assumeTrue(Isolation.isRoot(), "SKIPPED: not root, so this cannot be another user");
    Path job = Files.createDirectory(jobs.resolve("job"));
    Files.setAttribute(job, "unix:uid", 60_003);
    for (int i = 0; i < 20_000; i++) {
      Files.createFile(job.resolve("%0200d".formatted(i)));
    }
    assertThat(removeAs("60003", job, "prlimit", "--data=" + (32 << 20))).isZero();
    assertThat(job).isEmptyDirectory();
  }

  private static int removeAs(String user, Path job, String... first) throws Exception {
    String script = Files.readString(Path.of("src/main/resources/porter/remove.sh"));
    List<String> command = new ArrayList<>(List.of(first));
    command.addAll(
        List.of(
            "setpriv",
            "--reuid",
            user,
            "--regid",
            user,
            "--clear-groups",
            "bash",
            "-p",
            "-c",
            script,
            "remove.sh",
            job.toString()));
    return new ProcessBuilder(command).inheritIO().start().waitFor();
  }
}
