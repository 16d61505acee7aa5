package io.outpost.worker.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.outpost.local.Sizes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Promise 25 is tested by tests that can fail: with the helper run as root again, none of the
 * hostile trees here is said to hold; as the slot's user, at the same place, all are.
 */
@Tag("product")
class P25HelperAsRootTest {

  private static final List<String> TREES =
      List.of(
          "pipes",
          "modes-that-give-rights",
          "hard-links",
          "nothing-may-be-read",
          "links-to-what-is-not-the-jobs",
          "swaps-a-folder-of-artifacts",
          "swaps-folders-that-are-removed",
          "rewrites-what-the-helper-wrote");

  /** Everything that is shared is made the namespace's own, and the rest read-only. */
  private static final String APART =
      """
      set -e
      for shared in /tmp /var/tmp /dev/shm; do mount -t tmpfs -o mode=1777 private "$shared"; done
      mount -o remount,bind,ro /
      cd /
      exec "$@"
      """;

  @Test
  void nothingHoldsWithTheHelperAsRoot() throws Exception {
    assertThat(inANamespace("root", TREES)).containsOnlyKeys(TREES).doesNotContainValue("held");
  }

  @Test
  void everythingHoldsThereAsItIs() throws Exception {
    var some = TREES.subList(0, Sizes.of(3, TREES.size()));
    assertThat(inANamespace("user", some))
        .containsOnlyKeys(some)
        .allSatisfy((name, result) -> assertThat(result).isEqualTo("held"));
  }

  @Test
  void outsideOfANamespaceItRefuses() throws Exception {
    Process refused = start(List.of(), "root", TREES);
    assertThat(output(refused)).contains("REFUSED: /tmp is not this program's own");
    assertThat(refused.waitFor()).isNotZero();
  }

  private static Map<String, String> inANamespace(String helper, List<String> trees)
      throws Exception {
    assumeTrue(Isolation.isRoot(), "SKIPPED: not root, so the helper cannot be either");
    List<String> apart =
        List.of("unshare", "--mount", "--propagation", "private", "bash", "-c", APART, "bash");
    List<String> tried = new ArrayList<>(apart);
    tried.add("true");
    assumeTrue(
        new ProcessBuilder(tried).start().waitFor() == 0,
        "SKIPPED: no mount namespace can be made here");
    Process process = start(apart, helper, trees);
    String output = output(process);
    assertThat(process.waitFor()).as(output).isZero();
    return output
        .lines()
        .map(line -> line.split(": ", 2))
        .filter(line -> trees.contains(line[0]))
        .collect(Collectors.toMap(line -> line[0], line -> line[1]));
  }

  private static Process start(List<String> before, String helper, List<String> trees)
      throws IOException {
    List<String> command = new ArrayList<>(before);
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin/java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Djava.io.tmpdir=/tmp",
            "-cp",
            System.getProperty("java.class.path"),
            HelperAsRoot.class.getName(),
            helper));
    command.addAll(trees);
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  private static String output(Process process) throws IOException {
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }
}
