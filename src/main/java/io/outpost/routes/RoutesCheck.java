package io.outpost.routes;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.camel.spi.Resource;

/**
 * Everything that can be said about route files without starting anything: names, options and
 * expressions in the text, and the model that Camel makes of them. The command, a start and a
 * reload all ask here, so all say the same.
 */
final class RoutesCheck {

  private final Known known;
  private final Vocabulary vocabulary;
  private final StepNames steps = new StepNames();
  private final OptionCheck options;

  RoutesCheck(Known known, Vocabulary vocabulary) {
    this.known = known;
    this.vocabulary = vocabulary;
    this.options = new OptionCheck(vocabulary.components());
  }

  /**
   * What is wrong with the files of a role.
   *
   * @param ours files of the jar, as far as they are not replaced: their text is not looked at
   *     again
   * @param asked the files whose text is checked; all together make the model
   */
  List<Finding> check(Collection<Resource> ours, Collection<Resource> asked) throws IOException {
    var found = new ArrayList<Finding>();
    var files = new ArrayList<RouteFile>();
    for (var file : asked) {
      var parsed = read(file);
      files.add(parsed);
      found.addAll(parsed.faults());
      found.addAll(steps.check(parsed));
    }
    var names = files.stream().map(RouteFile::name).collect(Collectors.toSet());
    for (var file : ours) {
      files.add(read(file));
    }
    found.addAll(new NameCheck(known, vocabulary, files).check(names));
    var places = asked.stream().map(Resource::getLocation).collect(Collectors.toSet());
    var readable = new ArrayList<>(asked);
    readable.removeIf(
        file ->
            found.stream()
                .anyMatch(
                    f ->
                        f.file().equals(RouteFile.nameOf(file.getLocation()))
                            && breaksTheModel(f)));
    var whole = readable.size() == asked.size();
    readable.addAll(ours);
    var model =
        new RouteModel(readable, file -> places.contains(file) && isAdded(file), known.setting());
    files.stream()
        .filter(file -> names.contains(file.name()))
        .flatMap(file -> file.fields().stream())
        .forEach(
            field -> {
              found.addAll(options.check(field));
              new ExpressionCheck(model.camel()).check(field).ifPresent(found::add);
            });
    found.addAll(model.findings());
    if (whole && model.findings().isEmpty()) {
      new ModelCheck(model.camel(), known.operations(), model.interceptions())
          .check().stream().map(finding -> placed(finding, files)).forEach(found::add);
    }
    return List.copyOf(new TreeSet<>(found));
  }

  private static boolean isAdded(String location) {
    return !MountedFolder.replacesOurs(RouteFile.nameOf(location));
  }

  /** Camel counts lines otherwise for steps that are written in one line. */
  private static Finding placed(Finding finding, Collection<RouteFile> files) {
    var id = finding.step().isEmpty() ? finding.route() : finding.step();
    return files.stream()
        .filter(file -> file.name().equals(finding.file()))
        .flatMap(file -> file.fields().stream())
        .filter(field -> field.route().equals(finding.route()))
        .filter(field -> RouteFile.text(field.value(), "id").equals(id))
        .findFirst()
        .map(field -> finding.step().isEmpty() ? start(field, finding) : field.line())
        .map(
            line ->
                new Finding(finding.file(), line, finding.route(), finding.step(), finding.fault()))
        .orElse(finding);
  }

  private static int start(RouteFile.Field route, Finding finding) {
    return route.key().equals("route") ? finding.line() : route.line();
  }

  /** Camel would stop at these too, and say less. */
  private static boolean breaksTheModel(Finding finding) {
    return finding
        .fault()
        .matches(
            "(?s)(is no |no step |no property `[^`]*` of |`[^`]*` stands beside |an empty ).*");
  }

  private static RouteFile read(Resource file) throws IOException {
    try (var text = file.getInputStream()) {
      return RouteFile.parse(
          RouteFile.nameOf(file.getLocation()),
          new String(text.readAllBytes(), StandardCharsets.UTF_8));
    }
  }
}
