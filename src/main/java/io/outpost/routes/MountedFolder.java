package io.outpost.routes;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.outpost.agents.AgentCatalogue;
import io.outpost.agents.InvalidAgentException;
import io.outpost.http.ContractFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A mounted folder with an installation's own routes: its files, and the files that look like
 * routes but would not be read. Immutable.
 *
 * @param root the folder
 */
record MountedFolder(Path root) {

  static final String SUFFIX = ".camel.yaml";
  static final String TEST_SUFFIX = ".test.yaml";
  static final Set<String> ROLES = Set.of("common", "api", "worker");
  static final String QUEUES = "queues.json";

  private static final Set<String> BESIDE = Set.of(Vocabulary.FILE, QUEUES, ContractFile.ADDITION);

  /** The subfolder with an installation's agents, which the agent catalogue reads. */
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

  /**
   * Whether the folder has routes and nothing else that every role needs, such as operations, words
   * or queues.
   */
  boolean hasRoutesOnly() {
    return !files().isEmpty()
        && BESIDE.stream().noneMatch(name -> Files.exists(root.resolve(name)));
  }

  /** The tests by folder and name. */
  TreeMap<String, Path> tests() {
    var found = new TreeMap<String, Path>();
    all().stream()
        .filter(file -> file.toString().endsWith(TEST_SUFFIX))
        .forEach(file -> found.put(name(file), file));
    return found;
  }

  /**
   * The shipped vocabulary with the folder's own words added.
   *
   * @throws RoutesRefused when the folder's file is invalid, or redefines a shipped word
   */
  Vocabulary extend(Vocabulary ours) throws IOException {
    var theirs = vocabulary();
    if (theirs == Vocabulary.NONE) {
      return ours;
    }
    var text = Files.readString(root.resolve(Vocabulary.FILE));
    RoutesRefused.unlessEmpty(ours.redefinedBy(theirs, text));
    return ours.and(theirs);
  }

  /** The folder's vocabulary; empty when it has none. */
  Vocabulary vocabulary() throws IOException {
    var file = root.resolve(Vocabulary.FILE);
    if (!Files.exists(file)) {
      return Vocabulary.NONE;
    }
    try (var text = Files.newInputStream(file)) {
      var words = Vocabulary.read(text);
      RoutesRefused.unlessEmpty(words.unknownTypes(Files.readString(file)));
      return words;
    } catch (JsonProcessingException e) {
      throw new RoutesRefused(List.of(Vocabulary.fault(e)));
    }
  }

  /** Reports files that look like routes but that no container would read. */
  List<Finding> passedOver() {
    var walk = walk();
    var found = new ArrayList<>(walk.faults());
    for (var file : walk.files()) {
      var name = name(file);
      if (ROLES.contains(name)) {
        found.add(Finding.of(name, "is a file: routes stand in files of a folder of this name"));
      }
      if (looksLikeRoutes(name)
          && !isRoute(file)
          && !name.endsWith(TEST_SUFFIX)
          && !isBeside(name)) {
        found.add(Finding.of(name, why(file)));
      }
    }
    return found;
  }

  /** Whether a name has the ending of another language of Camel, or of an editor's backup. */
  private static boolean looksLikeRoutes(String name) {
    return name.matches("(?is).*\\.(ya?ml|xml|json|java|groovy|kts)(\\.txt)?");
  }

  /** The faults of the folder's agents, which would also be reported at a start. */
  List<Finding> agentFaults() throws IOException {
    var files = new ArrayList<Map.Entry<String, String>>();
    for (var file : all()) {
      if (isAgent(name(file))) {
        files.add(Map.entry(file.getFileName().toString(), Files.readString(file)));
      }
    }
    var empty =
        files.stream()
            .filter(file -> file.getValue().isBlank())
            .map(file -> Finding.of(AGENTS + file.getKey(), "is empty: remove the file"))
            .toList();
    if (!empty.isEmpty()) {
      return empty;
    }
    try {
      if (!files.isEmpty()) {
        var unused = AgentCatalogue.of(files);
      }
      return List.of();
    } catch (InvalidAgentException e) {
      return e.faults().stream()
          .map(fault -> fault.split(": ", 2))
          .map(fault -> Finding.of(AGENTS + fault[0], fault[fault.length - 1]))
          .toList();
    }
  }

  /** Whether there is a shipped file with the same name, which the file replaces. */
  static boolean replacesOurs(String name) {
    return MountedFolder.class.getResource("/routes/" + name) != null;
  }

  /**
   * Whether the file replaces a shipped file with configurations that control flows. Only such a
   * file may change those.
   */
  static boolean replacesConfigurations(String name) {
    try (var ours = MountedFolder.class.getResourceAsStream("/routes/" + name)) {
      return ours != null
          && new String(ours.readAllBytes(), UTF_8)
              .lines()
              .anyMatch(line -> line.startsWith("- routeConfiguration:"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The files that are read only at a start, with a hash of their contents. */
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

  /** A text that changes whenever a file of the folders is saved, added or removed. */
  static String fingerprint(List<MountedFolder> folders) {
    var text = new StringBuilder();
    for (var folder : folders) {
      var walk = folder.walk();
      text.append(walk.faults()).append('\n');
      for (var file : walk.files()) {
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
    return BESIDE.contains(name) || isAgent(name);
  }

  private static boolean isAgent(String name) {
    return name.startsWith(AGENTS)
        && name.endsWith(".yaml")
        && name.indexOf('/', AGENTS.length()) < 0;
  }

  private String why(Path file) {
    var folder = root.relativize(file).getParent();
    var name = file.getFileName().toString();
    if (name.startsWith(".")) {
      return "is not read, because its name begins with a dot";
    }
    if (folder == null || !ROLES.contains(folder.toString())) {
      return "is not read: routes stand in common/, api/ or worker/ of the folder itself"
          + (folder == null ? "" : Suggestion.of(folder.toString(), ROLES));
    }
    return "is not read: name it %s%s"
        .formatted(
            name.replaceFirst("(?i)(\\.camel)?\\.(ya?ml|xml|json|java|groovy|kts)(\\.txt)?$", ""),
            SUFFIX);
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

  private List<Path> all() {
    return walk().files();
  }

  /** The files of a folder, and findings about entries that cannot be route files. */
  private record Walk(List<Path> files, List<Finding> faults) {}

  private Walk walk() {
    var found = new Walk(new ArrayList<>(), new ArrayList<>());
    try {
      Files.walkFileTree(
          root, Set.of(FileVisitOption.FOLLOW_LINKS), Integer.MAX_VALUE, new Visitor(found));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    found.files().sort(null);
    return found;
  }

  private final class Visitor extends SimpleFileVisitor<Path> {

    private final Walk found;

    Visitor(Walk found) {
      this.found = found;
    }

    @Override
    public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes about) {
      if (isPassedOver(folder)) {
        return FileVisitResult.SKIP_SUBTREE;
      }
      if (looksLikeRoutes(name(folder))) {
        found.faults().add(Finding.of(name(folder), "is a folder: routes stand in files"));
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes about) {
      if (isPassedOver(file)) {
        return FileVisitResult.CONTINUE;
      }
      if (about.isRegularFile()) {
        found.files().add(file);
      } else if (looksLikeRoutes(name(file)) || ROLES.contains(name(file))) {
        var fault = about.isSymbolicLink() ? "is a link to nothing" : "is not a readable file";
        found.faults().add(Finding.of(name(file), fault));
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException e) {
      if (!isPassedOver(file) && !(e instanceof NoSuchFileException)) {
        var fault =
            e instanceof FileSystemLoopException
                ? "is a link to a folder that contains it"
                : "cannot be read: " + e.getClass().getSimpleName();
        found.faults().add(Finding.of(name(file), fault));
      }
      return FileVisitResult.CONTINUE;
    }
  }

  /**
   * Whether to ignore a file: Kubernetes keeps versions of a mounted folder in folders that begin
   * with two dots; editors mark open files with links that begin with {@code .#}; and {@code .base}
   * has the texts for comparisons.
   */
  private boolean isPassedOver(Path file) {
    var path = root.relativize(file);
    return path.toString().startsWith("..")
        || path.startsWith(RoutesDiff.BASE)
        || path.getFileName().toString().startsWith(".#");
  }
}
