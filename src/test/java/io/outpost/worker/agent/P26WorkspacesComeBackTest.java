package io.outpost.worker.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.outpost.kernel.Ids;
import io.outpost.worker.files.WorkspaceArchive;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.springframework.util.FileSystemUtils;

/**
 * Promise 26: a workspace comes back as it was, byte for byte in names, modes, links and times, at
 * the same path; what cannot is told. With the real helper, in the strictest confinement there is
 * without a sandbox, and in others where it says so.
 */
@Tag("product")
class P26WorkspacesComeBackTest {

  private static Path directory;
  private static Slots slots;
  private static RoundTrip trip;

  @BeforeContainer
  static void start() throws IOException {
    directory = new TestConfinement.Passable().createTempDirectory(null, null);
    Confinement confinement =
        new Isolation(TestConfinement.fileSettings(AgentRunSettings.SandboxUse.OFF)).choose();
    slots = TestConfinement.slots(directory.resolve("jobs"), confinement);
    trip = new RoundTrip(slots, directory);
  }

  @AfterContainer
  static void stop() throws IOException {
    slots.close();
    FileSystemUtils.deleteRecursively(directory);
  }

  @Provide
  Arbitrary<String> trees() {
    return GeneratedTrees.all();
  }

  @Property(tries = 12, edgeCases = EdgeCasesMode.NONE)
  void aTreeOfAnyKindComesBackAsItWas(@ForAll("trees") String tree) throws Exception {
    comesBack(tree);
  }

  @Property(tries = 400, edgeCases = EdgeCasesMode.NONE)
  @Tag("deep")
  void manyTreesComeBackAsTheyWere(@ForAll("trees") String tree) throws Exception {
    comesBack(tree);
  }

  private static void comesBack(String tree) throws Exception {
    RoundTrip.Result result = trip.of(tree);
    assertThat(result.before().isEmpty()).isEqualTo(tree.isEmpty());
    assertThat(result.after()).isEqualTo(result.before());
    assertThat(result.notKept()).isEmpty();
  }

  @Example
  void threeThousandFilesComeBack() throws Exception {
    filesComeBack(3_000);
  }

  @Example
  @Tag("deep")
  void aHundredThousandFilesComeBack() throws Exception {
    filesComeBack(100_000 - 1);
  }

  private static void filesComeBack(int number) throws Exception {
    JobFiles files = slots.open(Ids.unguessable(), 0);
    String make =
        "import os\nfor i in range(%d): os.close(os.open('file%%d' %% i, os.O_CREAT))"
            .formatted(number);
    AgentResult made =
        AgentRun.endOf(
            AgentRun.script(slots, "python3 -c \"" + make + "\"")
                .settings(TestConfinement.fileSettings(AgentRunSettings.SandboxUse.OFF))
                .startIn(files));
    assertThat(made.succeeded()).isTrue();
    ByteArrayOutputStream archive = new ByteArrayOutputStream();
    WorkspaceArchive.Packed packed = WorkspaceArchive.pack(files, archive, RoundTrip.LIMITS);
    files.close();
    JobFiles next = slots.open(Ids.unguessable(), 0);
    WorkspaceArchive.unpack(
        new ByteArrayInputStream(archive.toByteArray()), next, packed.bytes(), RoundTrip.LIMITS);
    AgentRun count = AgentRun.script(slots, "ls | grep -c '^file[0-9]*$'");
    AgentRun.endOf(count.startIn(next));
    assertThat(count.output()).isEqualTo(number + "\n");
    next.close();
  }

  /** Java then decodes names as ASCII, so it must not handle them. */
  @Example
  void inTheOldestLanguageAndAsANormalUserTreesComeBackToo() throws Exception {
    assumeTrue(
        Isolation.isRoot(), "SKIPPED: not root, so no process of another user can be started");
    Path place = Files.createDirectory(directory.resolve("posix"));
    NormalUser user = new NormalUser(directory);
    user.give(place);
    List<String> arguments = new ArrayList<>(List.of(place.toString()));
    for (int i = 0; i < 3; i++) {
      Path list = Files.writeString(directory.resolve("tree-" + i), GeneratedTrees.all().sample());
      arguments.add(list.toString());
    }
    Map<String, String> results = user.run(RoundTrip.class, arguments.toArray(String[]::new));
    assertThat(results)
        .containsEntry("tree-0", "equal")
        .containsEntry("tree-1", "equal")
        .containsEntry("tree-2", "equal")
        .hasEntrySatisfying("encoding of names", name -> assertThat(name).isNotEqualTo("UTF-8"));
  }

  /**
   * Archives of the form before are in customers' buckets; this one was made by the code of then.
   */
  @Example
  void anArchiveOfTheFormBeforeIsUnpacked() throws Exception {
    try (InputStream archive = getClass().getResourceAsStream("/workspaces/form-1.tar.gz")) {
      Map<String, String> found =
          trip.unpacked(archive, 25)
              .lines()
              .map(line -> line.split(" ", 2))
              .collect(Collectors.toMap(parts -> path(parts[0]), parts -> parts[1]));
      assertThat(found)
          .hasSize(17)
          .containsKeys(
              "name with blank", "gr\u00fcn", "n".repeat(150), "deep/" + "d".repeat(120) + "/e/f")
          .hasEntrySatisfying("kept", is("- 0o644 981173106000000000 ", "mine\n"))
          .hasEntrySatisfying("hard", is("- 0o644 981173106000000000 ", "mine\n"))
          .hasEntrySatisfying("late", is("- 0o644 1000000000123456700 ", ""))
          .hasEntrySatisfying(
              "sub", told -> assertThat(told).isEqualTo("d 0o755 981173106000000000"))
          .hasEntrySatisfying("sub/ro", told -> assertThat(told).startsWith("d 0o500 "))
          .hasEntrySatisfying("sub/ro/r", told -> assertThat(told).startsWith("- 0o400 "))
          .hasEntrySatisfying("sub/run", told -> assertThat(told).startsWith("- 0o700 "))
          .hasEntrySatisfying(
              "sub/link",
              told ->
                  assertThat(told)
                      .endsWith(
                          HexFormat.of().formatHex("../kept".getBytes(StandardCharsets.US_ASCII))));
    }
  }

  private static java.util.function.Consumer<String> is(String start, String content) {
    return told ->
        assertThat(told)
            .startsWith(start)
            .endsWith(org.apache.commons.codec.digest.DigestUtils.sha256Hex(content));
  }

  private static String path(String hex) {
    return new String(HexFormat.of().parseHex(hex), StandardCharsets.UTF_8).substring(2);
  }

  /** Files that contain their own path, such as virtual environments, keep working. */
  @Example
  void aWorkspaceHasTheSamePathWithAndWithoutASandbox() throws Exception {
    String name = Ids.unguessable();
    Path base = directory.resolve("same");
    String first;
    ByteArrayOutputStream archive = new ByteArrayOutputStream();
    try (Slots plain =
        TestConfinement.slots(
            base,
            new Isolation(TestConfinement.fileSettings(AgentRunSettings.SandboxUse.OFF))
                .choose())) {
      first = pathIn(plain, name, new ByteArrayInputStream(new byte[0]), archive);
    }
    try (Slots sandboxed = TestConfinement.slots(base, TestConfinement.sandboxed())) {
      String next =
          pathIn(
              sandboxed,
              name,
              new ByteArrayInputStream(archive.toByteArray()),
              new ByteArrayOutputStream());
      assertThat(next).isEqualTo(first + "it is there\n");
    }
  }

  private static String pathIn(
      Slots in, String name, InputStream before, ByteArrayOutputStream after) throws Exception {
    try (JobFiles files = in.open(name, 0)) {
      if (before.available() > 0) {
        WorkspaceArchive.unpack(before, files, 100, RoundTrip.LIMITS);
      }
      AgentRun run =
          AgentRun.script(
              in,
              "pwd; [ -e link ] && cat link; echo it is there > file; ln -sf \"$PWD/file\" link");
      AgentRun.endOf(run.startIn(files));
      WorkspaceArchive.pack(files, after, RoundTrip.LIMITS);
      return run.output();
    }
  }
}
