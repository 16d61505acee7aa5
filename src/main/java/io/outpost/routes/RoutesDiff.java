package io.outpost.routes;

import com.github.difflib.DiffUtils;
import com.github.difflib.patch.AbstractDelta;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds changes of shipped files since an installation copied them. The copied text is kept beside
 * the copy, in the folder {@code .base}.
 */
final class RoutesDiff {

  /** The folder with the copied texts. */
  static final String BASE = ".base";

  private static final String NO_BASE =
      "it is unknown which shipped text this was copied from: run `outpost routes copy %s %s`, which stores today's";
  private static final int LONGEST = 300;

  private final MountedFolder folder;

  RoutesDiff(MountedFolder folder) {
    this.folder = folder;
  }

  /**
   * One finding for each place where a shipped file has changed. Files of the folder that replace
   * no shipped file have none.
   */
  List<Finding> changes() throws IOException {
    var found = new ArrayList<Finding>();
    for (var name : folder.files().keySet()) {
      var base = base(name);
      if (!MountedFolder.replacesOurs(name)) {
        if (Files.exists(base)) {
          found.add(
              Finding.of(
                  name, "the shipped file no longer exists: your copy now only adds routes"));
        }
      } else if (Files.exists(base)) {
        found.addAll(changes(name, Files.readString(base), ours(name)));
      } else if (!Files.readString(folder.files().get(name)).equals(ours(name))) {
        found.add(Finding.of(name, NO_BASE.formatted(name, folder.root())));
      }
    }
    return found;
  }

  /**
   * Copies a shipped file, unless the folder has it already, and keeps its text for comparisons.
   *
   * @return whether there was no copy yet
   */
  boolean copy(String name) throws IOException {
    if (!MountedFolder.replacesOurs(name)) {
      throw new IllegalStateException(
          "There is no shipped file %s%s"
              .formatted(name, Suggestion.of(name, RouteFiles.ofJar().keySet())));
    }
    var copy = folder.root().resolve(name);
    Files.createDirectories(copy.getParent());
    var isNew = !Files.exists(copy);
    if (isNew) {
      Files.writeString(copy, ours(name));
    }
    Files.createDirectories(base(name).getParent());
    Files.writeString(base(name), ours(name));
    return isNew;
  }

  private Path base(String name) {
    return folder.root().resolve(BASE).resolve(name);
  }

  private static String ours(String name) {
    return new String(RouteFiles.ofJar().get(name), StandardCharsets.UTF_8);
  }

  private static List<Finding> changes(String name, String before, String now) {
    var file = RouteFile.parse(name, now);
    return DiffUtils.diff(before.lines().toList(), now.lines().toList()).getDeltas().stream()
        .map(delta -> finding(file, delta))
        .toList();
  }

  private static Finding finding(RouteFile file, AbstractDelta<String> delta) {
    var line = delta.getTarget().getPosition() + 1;
    var before = text(delta.getSource().getLines());
    var now = text(delta.getTarget().getLines());
    var fault =
        before.isEmpty()
            ? "new in ours: " + now
            : now.isEmpty()
                ? "gone from ours: " + before
                : "ours was: " + before + " and is: " + now;
    var route =
        file.routes()
            .filter(field -> field.line() <= line)
            .reduce((first, second) -> second)
            .map(field -> RouteFile.text(field.value(), "id"))
            .orElse("");
    return new Finding(file.name(), line, route, "", fault);
  }

  private static String text(List<String> lines) {
    var text =
        String.join(" ", lines.stream().map(String::strip).filter(l -> !l.isEmpty()).toList());
    return text.isEmpty()
        ? ""
        : "`" + (text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "…") + "`";
  }
}
