package io.outpost.worker.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Hostile trees with the helper that handles agents' files run as root, as it must never be. Such a
 * helper may delete what is root's: the program refuses to start anywhere but in a mount namespace
 * of its own, whose shared folders are its own too.
 */
final class HelperAsRoot {

  private static final List<String> SHARED = List.of("/tmp", "/var/tmp", "/dev/shm");

  /** A range of users that no worker uses. */
  private static final int FIRST_USER = 45_000;

  private HelperAsRoot() {}

  /** Arguments: {@code root} or {@code user}, and the names of trees. Prints a line for each. */
  public static void main(String[] args) throws Exception {
    refuseOutsideANamespace();
    AgentRunSettings settings = TestConfinement.fileSettings(AgentRunSettings.SandboxUse.OFF);
    Limits limits = new Limits(Isolation.TOOLS, settings);
    Path setpriv = limits.find("setpriv").orElseThrow();
    Path place = Files.createTempDirectory("as-root");
    new ProcessBuilder("chmod", "711", place.toString()).start().waitFor();
    Path secret = HostileTrial.secretIn(Files.createDirectory(place.resolve("roots")));
    try (UserRange users = UserRange.take(FIRST_USER, place.resolve("locks"))) {
      Confinement confinement =
          new SlotUsers(
              limits,
              users,
              new UserNames(
                  Files.createDirectory(place.resolve("etc")),
                  Files.createDirectory(place.resolve("homes"))),
              args[0].equals("root") ? thatStaysRoot(setpriv) : setpriv,
              Optional.empty(),
              args[0].equals("root") ? List.of() : SHARED);
      Set<String> wanted = Set.of(args);
      List<HostileTree> trees =
          HostileTree.all().stream().filter(tree -> wanted.contains(tree.name())).toList();
      HostileTrials.run(place, secret, 100, confinement, trees)
          .forEach((name, result) -> System.out.println(name + ": " + result));
    }
  }

  /** The mutation: helpers are started without a change of the user; agents as usual. */
  private static Path thatStaysRoot(Path setpriv) throws Exception {
    Path script = Files.createTempFile("stays", "root");
    Files.writeString(
        script,
        """
        #!/bin/bash
        [ "$1" = --ruid ] || exec %s "$@"
        while [ "$1" != -- ]; do shift; done
        shift
        exec "$@"
        """
            .formatted(setpriv));
    new ProcessBuilder("chmod", "755", script.toString()).start().waitFor();
    return script;
  }

  /** Checks that each shared folder is a file system of this namespace alone. */
  private static void refuseOutsideANamespace() throws IOException {
    Path parent =
        Path.of("/proc", Long.toString(ProcessHandle.current().parent().orElseThrow().pid()));
    Set<String> others = Set.copyOf(mounts(parent.resolve("mountinfo")).values());
    Map<String, String> own = mounts(Path.of("/proc/self/mountinfo"));
    boolean apart =
        !Files.readSymbolicLink(Path.of("/proc/self/ns/mnt"))
            .equals(Files.readSymbolicLink(parent.resolve("ns/mnt")));
    for (String shared : SHARED) {
      if (!apart || !own.containsKey(shared) || others.contains(own.get(shared))) {
        throw new IllegalStateException("REFUSED: " + shared + " is not this program's own");
      }
    }
  }

  /** The mounted devices, by folder. */
  private static Map<String, String> mounts(Path table) throws IOException {
    try (Stream<String> lines = Files.lines(table)) {
      return lines
          .map(line -> line.split(" "))
          .collect(Collectors.toMap(part -> part[4], part -> part[2], (below, above) -> above));
    }
  }
}
