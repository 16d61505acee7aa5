package io.outpost.worker.agent;

import io.outpost.job.Artifact;
import io.outpost.kernel.Ids;
import io.outpost.local.Sizes;
import io.outpost.worker.files.ArtifactStream;
import io.outpost.worker.files.NotPackedException;
import io.outpost.worker.files.TooLargeException;
import io.outpost.worker.files.TreeLimits;
import io.outpost.worker.files.WorkspaceArchive;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/**
 * Takes hostile trees through everything that a worker does with a job's files, and looks whether
 * anything was read, written or deleted that is not the job's, and whether the slot serves the next
 * job. Knows no test framework: a normal user's process runs it too.
 */
final class HostileTrial implements AutoCloseable {

  /** A text that only the worker may read. */
  private static final String CANARY = "CANARY";

  private static final TreeLimits LIMITS = new TreeLimits(400_000_000, 200_000);
  private static final int ARTIFACTS = 1000;
  private static final long ARTIFACT_BYTES = 50_000_000;
  private static final int ROUNDS = Sizes.of(1, 3);

  private final Slots slots;
  private final Path place;
  private final Path secret;
  private final boolean apart;
  private final boolean sandboxed;
  private final int many;
  private final Path jobs;
  private final Path precious;
  private final Map<String, String> before;
  private final AgentRun neighbour;

  /**
   * Sets a place up.
   *
   * @param place an empty directory that jobs may pass through
   * @param secret a file with the canary that only root may read
   * @param many files where a tree has many
   */
  HostileTrial(Path place, Path secret, Confinement confinement, int many) throws Exception {
    this.place = place;
    this.secret = secret;
    this.apart = confinement instanceof SlotUsers;
    this.sandboxed = confinement.description().contains("in a bubblewrap");
    this.many = many;
    this.jobs = Files.createDirectory(place.resolve("jobs"));
    this.slots = TestConfinement.slots(jobs, confinement);
    this.precious = Files.createDirectory(place.resolve("precious"));
    for (int i = 1; i <= 20; i++) {
      Files.writeString(precious.resolve("f" + i), "precious");
    }
    Files.setPosixFilePermissions(precious, PosixFilePermissions.fromString("rwx------"));
    this.before = tree(precious);
    this.neighbour =
        AgentRun.script(
                slots, "echo %s > plan; chmod 755 . plan".formatted(apart ? CANARY : "plan"))
            .slot(2);
    neighbour.toEnd();
  }

  /** Writes the canary where {@code secret} is to be. */
  static Path secretIn(Path directory) throws IOException {
    Path secret = JobDirectories.newFile(directory.resolve("secret"));
    Files.writeString(secret, CANARY);
    return secret;
  }

  /** The result of packing and collecting a job's files. */
  private record Collected(
      Optional<Artifact.Manifest> manifest, Optional<WorkspaceArchive.Packed> packed) {}

  /** The other job of an attack. */
  private record Intruder(AgentRun run, AgentProcess process) {}

  /**
   * Tries one.
   *
   * @throws AssertionError when something is wrong
   */
  void run(HostileTree plain) throws Exception {
    String name = Ids.unguessable();
    JobFiles files = slots.open(name, 0);
    checkFresh(files);
    String tag = Ids.unguessable();
    HostileTree tree = plain.with(words(files.directory().root(), tag));
    AgentRun owner =
        AgentRun.script(slots, "")
            .command(List.of("/bin/bash", "-c", tree.owner()))
            .limit(Duration.ofSeconds(20));
    Path archive = place.resolve("archive-" + tag);
    Optional<Intruder> intruder = Optional.empty();
    try {
      AgentProcess owning = owner.startIn(files);
      intruder = intruder(tree, owning);
      if (tree.expected().contains("measured")) {
        measure(files, 5);
      }
      AgentRun.endOf(owning);
      checkContent(printed(owner));
      if (intruder.isPresent()) {
        awaitAttack(tree, intruder.get().run());
      }
      Collected collected = collect(tree, files, archive, intruder.isPresent() ? ROUNDS : 1);
      files.close();
      if (!slots.isUsable(0)) {
        end(intruder);
        intruder = Optional.empty();
      }
      if (collected.packed().isPresent()) {
        next(tree, archive, collected.packed().get());
      }
    } finally {
      end(intruder);
      files.close();
      Files.deleteIfExists(archive);
    }
    checkNothingLeft(tag);
    equal("what is none of the job's", before, tree(precious));
  }

  private Map<String, String> words(Path root, String tag) {
    return Map.of(
        "ROOT", root.toString(),
        "SECRET", secret.toString(),
        "PRECIOUS", precious.toString(),
        "NEIGHBOUR", neighbour.files().root().toString(),
        "WORKER", Long.toString(ProcessHandle.current().pid()),
        "TAG", tag,
        "MANY", Integer.toString(many));
  }

  private Optional<Intruder> intruder(HostileTree tree, AgentProcess owning) throws Exception {
    if (!tree.hasIntruder()) {
      return Optional.empty();
    }
    // Most intruders start after the owner has made its files; some must run at the same
    // time.
    if (!tree.owner().contains("for i in $(seq 60)") && !tree.expected().contains("by socket")) {
      AgentRun.endOf(owning);
    }
    AgentRun run =
        AgentRun.script(slots, "")
            .command(
                List.of(
                    Isolation.TOOLS.find("python3").orElseThrow().toString(),
                    "-c",
                    tree.intruder()))
            .slot(1);
    return Optional.of(new Intruder(run, run.start()));
  }

  /** Waits for the attack's first step, without which it tests nothing. */
  private void awaitAttack(HostileTree tree, AgentRun intruder) throws Exception {
    boolean reaches =
        !sandboxed || tree.expected().contains("by socket") || tree.expected().contains("apart");
    String word = reaches ? "reached" : "shut out";
    long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!printed(intruder).contains(word)) {
      is(
          System.nanoTime() < end,
          "the intruder did not say '%s' but '%s'".formatted(word, printed(intruder)));
      Thread.onSpinWait();
    }
    if (apart) {
      is(!printed(intruder).contains(CANARY), "the intruder read another tenant's");
    }
    if (apart) {
      String seen = printed(intruder);
      is(
          !seen.contains(neighbour.files().root().getFileName().toString()),
          "the intruder found another job");
      is(sandboxed || !seen.contains("listed "), "the intruder listed the worker's: " + seen);
      is(sandboxed || !seen.contains("wrote"), "the intruder wrote to the worker's");
    }
  }

  private static void end(Optional<Intruder> intruder) throws Exception {
    if (intruder.isPresent()) {
      intruder.get().process().stop(StopReason.CANCELLED);
      AgentRun.endOf(intruder.get().process());
      intruder.get().run().cleanUp();
    }
  }

  private Collected collect(HostileTree tree, JobFiles files, Path archive, int rounds)
      throws Exception {
    Optional<Artifact.Manifest> manifest = Optional.empty();
    Optional<WorkspaceArchive.Packed> packed = Optional.empty();
    for (int round = 0; round < rounds; round++) {
      manifest = artifacts(tree, files);
      packed = save(tree, files, archive);
      measure(files, 1);
      is(
          Files.notExists(files.directory().root().resolve("pwned")),
          "a program of the agent's was run");
    }
    return new Collected(manifest, packed);
  }

  private Optional<Artifact.Manifest> artifacts(HostileTree tree, JobFiles files)
      throws IOException {
    List<String> contents = new ArrayList<>();
    ArtifactStream.Handed handed =
        ArtifactStream.read(
            files,
            ARTIFACTS,
            ARTIFACT_BYTES,
            (at, content) -> contents.add(Files.readString(content, StandardCharsets.ISO_8859_1)));
    is(isPlain(handed.notKept()), "what is told has control characters");
    Artifact.Manifest manifest = handed.manifest();
    contents.forEach(this::checkContent);
    is(manifest.artifacts().size() <= ARTIFACTS, "more artifacts than may be");
    manifest
        .artifacts()
        .forEach(
            a ->
                is(
                    !a.path().startsWith("/") && !("/" + a.path() + "/").contains("/../"),
                    "an artifact's path leads out"));
    boolean kept = false;
    for (int at = 0; at < contents.size(); at++) {
      kept |=
          manifest.artifacts().get(at).path().equals("kept") && contents.get(at).equals("mine\n");
    }
    is(tree.isCollectedFor(kept), "the artifact was collected: " + kept + " " + manifest);
    return Optional.of(manifest);
  }

  private Optional<WorkspaceArchive.Packed> save(HostileTree tree, JobFiles files, Path archive)
      throws IOException {
    Optional<WorkspaceArchive.Packed> packed;
    try (OutputStream out = Files.newOutputStream(archive)) {
      packed = Optional.of(WorkspaceArchive.pack(files, out, LIMITS));
    } catch (NotPackedException | TooLargeException e) {
      is(isPlain(e.getMessage()), "a message has control characters");
      is(tree.isSavedFor(false), "the workspace was not saved: " + e.getMessage());
      return Optional.empty();
    }
    is(tree.isSavedFor(true), "the workspace was saved");
    is(isPlain(packed.get().notKept()), "what is told has control characters");
    try (InputStream in = new GZIPInputStream(Files.newInputStream(archive))) {
      checkContent(new String(in.readNBytes(64_000_000), StandardCharsets.ISO_8859_1));
    }
    return packed;
  }

  private void measure(JobFiles files, int times) throws Exception {
    for (int i = 0; i < times; i++) {
      try {
        Stream<ProcessHandle> members =
            slots.confinement().members(ProcessHandle.current(), files.directory(), 0);
        ResourceWatch.Taken taken =
            slots.measure(files.directory(), 0, apart ? members : Stream.of());
        is(
            LongStream.of(
                    taken.disk(),
                    taken.files(),
                    taken.memory(),
                    taken.hidden(),
                    taken.sent(),
                    taken.byAll())
                .allMatch(n -> n >= 0),
            "a measurement is none");
      } catch (IOException e) {
        // A job may kill its measurer, and is stopped for that.
      }
    }
  }

  /** Checks that the workspace's next job finds its files and can use them. */
  private void next(HostileTree tree, Path archive, WorkspaceArchive.Packed packed)
      throws Exception {
    AgentRun next =
        AgentRun.script(
            slots,
            "[ \"$(cat kept)\" = mine ] && echo more >> kept && mkdir fresh.d && rm -rf fresh.d &&"
                + " echo usable");
    try (JobFiles files = slots.open(Ids.unguessable(), 0)) {
      try (InputStream in = Files.newInputStream(archive)) {
        WorkspaceArchive.unpack(in, files, packed.bytes(), LIMITS);
      }
      checkOwner(files);
      AgentRun.endOf(next.startIn(files));
      String said = printed(next);
      is(
          said.startsWith("usable") || tree.isSavedFor(false),
          "the next job cannot use its files: " + said);
      checkContent(said);
    }
  }

  private void checkFresh(JobFiles files) throws IOException {
    for (Path path : List.of(files.directory().root(), files.directory().work())) {
      is(
          PosixFilePermissions.toString(Files.getPosixFilePermissions(path)).equals("rwx------"),
          path + " is not its owner's alone");
    }
  }

  private void checkOwner(JobFiles files) throws IOException {
    Path root = files.directory().root();
    String user = Files.getAttribute(root, "unix:uid", LinkOption.NOFOLLOW_LINKS).toString();
    is(!apart || !user.equals("0"), "a job's directory is root's");
    String find = "find \"$1\" ! -uid \"$2\" -print -quit 2>/dev/null";
    String others =
        Tool.run(List.of("/bin/bash", "-c", find, "find", root.toString(), user)).output();
    is(others.isEmpty(), "what was restored belongs to another user: " + others);
  }

  private void checkNothingLeft(String tag) throws IOException {
    is(slots.isUsable(0), "the slot is out of service");
    is(slots.isUsable(1), "the intruder's slot is out of service");
    try (Stream<Path> left = Files.list(jobs)) {
      List<Path> jobsLeft =
          left.filter(path -> !path.getFileName().toString().startsWith("own-"))
              .filter(path -> !path.equals(neighbour.files().root()))
              .toList();
      is(jobsLeft.isEmpty(), "left: " + jobsLeft);
    }
    if (apart) {
      for (String shared : List.of("/tmp", "/var/tmp", "/dev/shm")) {
        for (String name : List.of(tag, "link" + tag, "pipe" + tag)) {
          is(Files.notExists(Path.of(shared, name), LinkOption.NOFOLLOW_LINKS), "left: " + name);
        }
      }
      // A helper that is no longer needed may still be ending.
      long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
      while (slots.confinement().members(null, null, 0).findAny().isPresent()) {
        is(System.nanoTime() < end, "processes are left");
      }
    }
  }

  /** The run's output, which may not be UTF-8; empty if the directory is gone. */
  private static String printed(AgentRun run) throws IOException {
    Path output = run.files().output();
    return Files.exists(output) ? Files.readString(output, StandardCharsets.ISO_8859_1) : "";
  }

  private void checkContent(String content) {
    is(!content.contains(CANARY) || !isSecretFromUs(), "a secret was handed over");
    if (apart) {
      System.getenv()
          .forEach(
              (name, value) ->
                  is(
                      !name.startsWith("OUTPOST_") || !content.contains(name + "=" + value),
                      "the worker's environment was handed over"));
    }
  }

  private boolean isSecretFromUs() {
    return apart || !Files.isReadable(secret);
  }

  private static boolean isPlain(String text) {
    return text.chars().allMatch(c -> c == '\n' || c >= ' ' && c < 0x7f);
  }

  /** Every path below, with type and content. */
  private static Map<String, String> tree(Path top) throws IOException {
    try (Stream<Path> paths = Files.walk(top)) {
      return paths.collect(
          Collectors.toMap(
              Path::toString, HostileTrial::describe, (one, other) -> one, TreeMap::new));
    }
  }

  private static String describe(Path path) {
    try {
      return Files.readAttributes(
              path, "unix:mode,uid,gid,nlink,lastModifiedTime", LinkOption.NOFOLLOW_LINKS)
          + (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS) ? Files.readString(path) : "");
    } catch (IOException e) {
      return e.toString();
    }
  }

  private static void is(boolean right, String otherwise) {
    if (!right) {
      throw new AssertionError(otherwise);
    }
  }

  private static void equal(String what, Object before, Object now) {
    is(before.equals(now), what + " was " + before + " and is " + now);
  }

  @Override
  public void close() throws IOException {
    neighbour.cleanUp();
    slots.close();
  }
}
