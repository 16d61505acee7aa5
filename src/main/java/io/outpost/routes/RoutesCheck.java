package io.outpost.routes;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.camel.spi.Resource;

/**
 * All checks of route files that need no start: names, options and expressions in the text, and
 * Camel's model of them. The command, a start and a reload all use these checks, so they report the
 * same findings.
 */
final class RoutesCheck {

  private static final Set<String> ROUTES = Set.of("route", "from", "rest", "templatedRoute");
  private static final Set<String> BESIDE_ROUTES =
      Set.of("onException", "onCompletion", "errorHandler", "intercept", "interceptFrom");
  private static final String BESIDE_NONE =
      "`%s` reaches the routes of its own file, and there is none: put it into a"
          + " routeConfiguration whose id begins with "
          + Interceptions.EVERYWHERE;

  private static final Set<String> BEAN_PARTS = Set.of("beans", "properties", "constructors");
  private static final String CALLS =
      "`interceptSendToEndpoint` here would be part of the calls of every flow: put it into a"
          + " routeConfiguration, where it gets a copy";

  /** The component that serves the contract. */
  static final String CONTRACT = "api/contract.camel.yaml";

  private final Known known;
  private final Vocabulary vocabulary;
  private final StepNames steps;
  private final OptionCheck options;

  RoutesCheck(Known known, Vocabulary vocabulary, RouteLanguage language) {
    this.known = known;
    this.vocabulary = vocabulary;
    this.steps = language.steps();
    this.options = new OptionCheck(language, vocabulary.components());
  }

  /** The faults of route files, and Camel's model of the files. */
  record Result(List<Finding> findings, RouteModel model) {}

  /**
   * Checks the files of a role.
   *
   * @param ours shipped files that are not replaced; their text is not checked again
   * @param asked the files whose text is checked; the model contains all files
   * @param isAdded whether a file, by its location, was added by an installation
   */
  Result check(Collection<Resource> ours, Collection<Resource> asked, Predicate<String> isAdded)
      throws IOException {
    var found = new ArrayList<Finding>();
    var files = new ArrayList<RouteFile>();
    // Files at which Camel would stop, too, and say less about the fault.
    var unreadable = new HashSet<String>();
    for (var file : asked) {
      var parsed = read(file);
      files.add(parsed);
      var faults = new ArrayList<>(parsed.faults());
      faults.addAll(steps.check(parsed));
      faults.addAll(withoutRoutes(parsed));
      found.addAll(faults);
      found.addAll(ConfigurationCheck.check(parsed, isAdded.test(file.getLocation())));
      if (!faults.isEmpty() || makesForbidden(parsed)) {
        unreadable.add(parsed.name());
      }
    }
    var names = files.stream().map(RouteFile::name).collect(Collectors.toSet());
    for (var file : ours) {
      files.add(read(file));
    }
    found.addAll(new NameCheck(known, vocabulary, files).check(names));
    var places = asked.stream().map(Resource::getLocation).collect(Collectors.toSet());
    var readable = new ArrayList<>(asked);
    readable.removeIf(file -> unreadable.contains(RouteFile.nameOf(file.getLocation())));
    var whole = readable.size() == asked.size();
    readable.addAll(ours);
    var model =
        new RouteModel(readable, file -> places.contains(file) && isAdded.test(file), known);
    files.stream()
        .filter(file -> names.contains(file.name()))
        .flatMap(file -> file.fields().stream())
        .forEach(
            field -> {
              found.addAll(options.check(field));
              found.addAll(ReachCheck.check(field));
              new ExpressionCheck(model.camel()).check(field).ifPresent(found::add);
            });
    var named = found.stream().map(Finding::file).collect(Collectors.toSet());
    // Camel reports faults of the text again, in other words, so its findings about such files are
    // left out.
    model.findings().stream().filter(f -> !named.contains(f.file())).forEach(found::add);
    if (whole && model.findings().isEmpty()) {
      new ModelCheck(
              model.camel(),
              known.operations(),
              model.interceptions(),
              vocabulary.required(),
              options::refused)
          .check().stream().map(finding -> placed(finding, files)).forEach(found::add);
    }
    return new Result(List.copyOf(new TreeSet<>(found)), model);
  }

  /** Whether a file defines a forbidden bean, which Camel would create while it reads the file. */
  private static boolean makesForbidden(RouteFile file) {
    return file.fields().stream()
        .filter(field -> BEAN_PARTS.contains(field.parent()))
        .anyMatch(field -> !ReachCheck.check(field).isEmpty());
  }

  /**
   * Reports elements beside the routes that belong into another file or that Camel would apply to
   * every flow; and, in a file without routes, elements that then have no effect.
   */
  private static List<Finding> withoutRoutes(RouteFile file) {
    var top = file.fields().stream().filter(field -> field.parent().isEmpty()).toList();
    var served = top.stream().filter(field -> field.key().equals("restConfiguration")).findFirst();
    if (served.isPresent() && !file.name().equals(CONTRACT)) {
      return List.of(served.get().finding("`restConfiguration` is the contract's: " + CONTRACT));
    }
    var handler = top.stream().filter(field -> field.key().equals("errorHandler")).findFirst();
    if (handler.isPresent()) {
      return List.of(
          handler
              .get()
              .finding("`errorHandler` here is that of every flow: put it into each route"));
    }
    var calls =
        top.stream().filter(field -> field.key().equals("interceptSendToEndpoint")).findFirst();
    if (calls.isPresent()) {
      return List.of(calls.get().finding(CALLS));
    }
    return top.stream().anyMatch(field -> ROUTES.contains(field.key()))
        ? List.of()
        : top.stream()
            .filter(field -> BESIDE_ROUTES.contains(field.key()))
            .map(field -> field.finding(BESIDE_NONE.formatted(field.key())))
            .toList();
  }

  /**
   * Corrects a finding's line, because Camel counts lines differently for steps that are written in
   * one line.
   */
  static Finding placed(Finding finding, Collection<RouteFile> files) {
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

  private static RouteFile read(Resource file) throws IOException {
    try (var text = file.getInputStream()) {
      return RouteFile.parse(RouteFile.nameOf(file.getLocation()), text.readAllBytes());
    }
  }
}
