package io.outpost.worker.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.outpost.local.Sizes;
import io.outpost.worker.agent.AgentRunSettings.SandboxUse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Promise 25: whatever an agent could have made is touched only as its slot's user: hostile jobs as
 * real processes, alone and against each other, in the three ways in which agents are kept apart.
 */
@Tag("product")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class P25HostileTreesTest {

  private static final int MANY = 3000;

  /** One tree of so many is tried in a sandbox and as a normal user; all are as a slot's user. */
  private static final int ONE_OF = Sizes.of(4, 1);

  @TempDir(factory = TestConfinement.Passable.class)
  static Path directory;

  private HostileTrial slotUsers;
  private HostileTrial sandboxed;
  private Map<String, String> normalUser;

  static List<HostileTree> trees() {
    return HostileTree.all();
  }

  @ParameterizedTest
  @MethodSource("trees")
  void asAUserOfTheSlot(HostileTree tree) throws Exception {
    if (slotUsers == null) {
      assumeTrue(Isolation.isRoot(), "SKIPPED: not root, so agents cannot be other users");
      slotUsers =
          trial("slots", new Isolation(TestConfinement.fileSettings(SandboxUse.OFF)).choose());
    }
    slotUsers.run(tree);
  }

  static List<HostileTree> treesOfTheSandbox() {
    return oneOfMany(HostileTree.all());
  }

  @ParameterizedTest
  @MethodSource("treesOfTheSandbox")
  void inASandbox(HostileTree tree) throws Exception {
    if (sandboxed == null) {
      TestConfinement.sandboxedSlots().close();
      sandboxed =
          trial("sandboxed", new Isolation(TestConfinement.fileSettings(SandboxUse.AUTO)).choose());
    }
    sandboxed.run(tree);
  }

  static List<HostileTree> treesOfOneUser() {
    return oneOfMany(HostileTree.ofOneUser());
  }

  private static List<HostileTree> oneOfMany(List<HostileTree> trees) {
    return IntStream.range(0, trees.size())
        .filter(i -> i % ONE_OF == 0)
        .mapToObj(trees::get)
        .toList();
  }

  @ParameterizedTest
  @MethodSource("treesOfOneUser")
  void asANormalUser(HostileTree tree) throws Exception {
    if (normalUser == null) {
      Path place = Files.createDirectory(directory.resolve("normal"));
      String secret = HostileTrial.secretIn(place("secret-of-root")).toString();
      if (Isolation.isRoot()) {
        NormalUser user = new NormalUser(directory);
        user.give(place);
        normalUser =
            user.run(
                HostileTrials.class,
                Stream.concat(
                        Stream.of(place.toString(), secret, "" + MANY),
                        treesOfOneUser().stream().map(HostileTree::name))
                    .toArray(String[]::new));
      } else {
        normalUser = HostileTrials.run(place, Path.of(secret), MANY, treesOfOneUser());
      }
    }
    assertThat(normalUser).containsEntry(tree.name(), "held");
  }

  private HostileTrial trial(String name, Confinement confinement) throws Exception {
    Path place = place(name);
    return new HostileTrial(
        place, HostileTrial.secretIn(place(name + "-of-root")), confinement, MANY);
  }

  private Path place(String name) throws Exception {
    Path place = Files.createDirectory(directory.resolve(name));
    new ProcessBuilder("chmod", "711", place.toString()).start().waitFor();
    return place;
  }

  @AfterAll
  void close() throws Exception {
    for (HostileTrial trial : new HostileTrial[] {slotUsers, sandboxed}) {
      if (trial != null) {
        trial.close();
      }
    }
  }
}
