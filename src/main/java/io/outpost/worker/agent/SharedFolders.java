package io.outpost.worker.agent;

import io.outpost.agents.SearchPath;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** The folders of this machine in which every user may write. */
final class SharedFolders {

  private static final List<String> USUAL =
      List.of("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run/lock", "/run/shm", "/var/lock");

  private static final int DEPTH = 4;

  private SharedFolders() {}

  /** Finds the well-known ones, and others near the root of each file system. */
  static List<String> find(SearchPath tools) {
    Set<String> found = new TreeSet<>();
    List<String> command = new ArrayList<>();
    tools.find("find").ifPresent(find -> command.add(find.toString()));
    Stream.concat(Stream.of("/", "/run", "/var"), USUAL.stream())
        .filter(path -> Files.isDirectory(Path.of(path)))
        .forEach(command::add);
    command.addAll(
        List.of(
            "-xdev",
            "-maxdepth",
            Integer.toString(DEPTH),
            "-path",
            "/proc",
            "-prune",
            "-o",
            "-type",
            "d",
            "-perm",
            "-0003",
            "-print",
            "-prune"));
    Tool.run(command).output().lines().filter(line -> line.startsWith("/")).forEach(found::add);
    USUAL.stream().filter(path -> Files.isDirectory(Path.of(path))).forEach(found::add);
    return List.copyOf(found);
  }
}
