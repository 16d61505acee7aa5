package io.outpost.routes;

import io.outpost.http.ContractFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A folder with routes of somebody's own: what is in it, and what looks like a route and would not
 * be read. Immutable.
 *
 * @param root the folder
 */
record MountedFolder(Path root) {

  static final String SUFFIX = ".camel.yaml";
  static final String TEST_SUFFIX = ".test.yaml";
  static final Set<String> ROLES = Set.of("common", "api", "worker");
  static final String QUEUES = "queues.json";

  private static final Set<String> BESIDE = Set.of(Vocabulary.FILE, QUEUES, ContractFile.ADDITION);

  /** Further agents are here, read by who knows them. */
  private static final String AGENTS = "agents/";

  MountedFolder {
    root = root.toAbsolutePath().normalize();
    if (!Files.isDirectory(root)) {
      throw new IllegalStateException(
          "The folder of routes %s is not there; mount it, or unset OUTPOST_ROUTES"
              .formatted(root));
    }
  }

  /** The route files by folder and name, for example {@code api/jobs.camel.yaml}. */
  TreeMap<String, Path> files() {
    var found = new TreeMap<String, Path>();
    for (var file : all()) {
      if (isRoute(file)) {
        found.put(name(file), file);
      }
    }
    return found;
  }

  /** The tests by folder and name. */
  TreeMap<String, Path> tests() {
    var found = new TreeMap<String, Path>();
    all().stream()
        .filter(file -> file.toString().endsWith(TEST_SUFFIX))
        .forEach(file -> found.put(name(file), file));
    return found;
  }

  /** The folder's own words; none when there is no vocabulary in it. */
  Vocabulary vocabulary() throws IOException {
    var file = root.resolve(Vocabulary.FILE);
    if (!Files.exists(file)) {
      return Vocabulary.NONE;
    }
    try (var text = Files.newInputStream(file)) {
      return Vocabulary.read(text);
    }
  }

  /** Files that somebody may take for routes and that no container would read. */
  List<Finding> passedOver() {
    var found = new ArrayList<Finding>();
    for (var file : all()) {
      var name = name(file);
      var isYaml = name.matches("(?i).*\\.(ya?ml|xml|json)");
      if (isYaml && !isRoute(file) && !name.endsWith(TEST_SUFFIX) && !isBeside(name)) {
        found.add(Finding.of(name, why(file)));
      }
    }
    return found;
  }

  /** Whether a file of this folder and name takes the place of one of ours: it is ours then. */
  static boolean replacesOurs(String name) {
    return MountedFolder.class.getResource("/routes/" + name) != null;
  }

  /** The files that are read at a start alone, each with what is in it. */
  Map<String, Integer> readAtStart() {
    var found = new TreeMap<String, Integer>();
    for (var file : all()) {
      var name = name(file);
      if (name.equals(ContractFile.ADDITION) || name.startsWith(AGENTS)) {
        try {
          found.put(name, Arrays.hashCode(Files.readAllBytes(file)));
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }
    return found;
  }

  /** Another text whenever a file of the folders is saved, added or removed. */
  static String fingerprint(List<MountedFolder> folders) {
    var text = new StringBuilder();
    for (var folder : folders) {
      for (var file : folder.all()) {
        try {
          text.append(file)
              .append(' ')
              .append(Files.size(file))
              .append(' ')
              .append(Files.getLastModifiedTime(file))
              .append('\n');
        } catch (IOException e) {
          text.append(file).append(" is going\n");
        }
      }
    }
    return text.toString();
  }

  private static boolean isBeside(String name) {
    return BESIDE.contains(name)
        || name.startsWith(AGENTS)
            && name.endsWith(".yaml")
            && name.indexOf('/', AGENTS.length()) < 0;
  }

  private String why(Path file) {
    var folder = root.relativize(file).getParent();
    var name = file.getFileName().toString();
    if (folder == null || !ROLES.contains(folder.toString())) {
      return "is not read: routes stand in common/, api/ or worker/ of the folder itself"
          + (folder == null ? "" : Suggestion.of(folder.toString(), ROLES));
    }
    return "is not read: name it %s%s"
        .formatted(name.replaceFirst("(?i)(\\.camel)?\\.(ya?ml|xml|json)$", ""), SUFFIX);
  }

  private boolean isRoute(Path file) {
    var path = root.relativize(file);
    return path.getNameCount() == 2
        && ROLES.contains(path.getName(0).toString())
        && path.getFileName().toString().endsWith(SUFFIX)
        && !path.getFileName().toString().startsWith(".");
  }

  private String name(Path file) {
    return root.relativize(file).toString().replace('\\', '/');
  }

  /** Kubernetes keeps the versions of a mounted folder in folders that begin with two dots. */
  private List<Path> all() {
    try (var walk = Files.walk(root, FileVisitOption.FOLLOW_LINKS)) {
      return walk.filter(file -> !Files.isDirectory(file))
          .filter(file -> !root.relativize(file).toString().startsWith(".."))
          .filter(file -> !root.relativize(file).startsWith(RoutesDiff.BASE))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
