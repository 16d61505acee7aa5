package io.outpost.routes;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.camel.spi.Resource;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;

/**
 * {@code outpost routes test [folder]}: runs the {@code .test.yaml} tests of a folder, on its
 * routes and the shipped ones together, or the shipped tests. Prints one finding per line on
 * standard output and then, on standard error, how many steps of each file were reached. Used by
 * one thread.
 */
final class ScenarioCommand {

  /**
   * The result.
   *
   * @param findings failed expectations
   * @param tests the number of tests
   * @param coverage for each file, how many steps were reached and how many there are
   * @param unreached the steps that no test has reached, each as file, line, route and step
   */
  record Result(
      List<Finding> findings,
      int tests,
      Map<String, int[]> coverage,
      Collection<String> unreached) {}

  private ScenarioCommand() {}

  static int run(@Nullable MountedFolder folder, PrintStream out, PrintStream err)
      throws Exception {
    var wrong = RoutesCommand.check(folder);
    if (!wrong.isEmpty()) {
      wrong.forEach(out::println);
      return 1;
    }
    var result = run(folder);
    if (result.tests() == 0 && result.findings().isEmpty()) {
      err.println("there is no test: name it <something>.test.yaml");
      return 2;
    }
    result.findings().forEach(out::println);
    err.print(table(folder, result));
    err.printf("%d tests, %d found%n", result.tests(), result.findings().size());
    return result.findings().isEmpty() ? 0 : 1;
  }

  /** Runs the tests of a folder, or of the jar when there is no folder. */
  static Result run(@Nullable MountedFolder folder) throws Exception {
    var findings = new ArrayList<Finding>();
    var tests = new ArrayList<Scenario>();
    files(folder).forEach((name, text) -> tests.addAll(Scenario.read(name, text, findings)));
    if (!findings.isEmpty() || tests.isEmpty()) {
      return new Result(findings, tests.size(), Map.of(), List.of());
    }
    var ours = RoutesCommand.ours(List.of("common", "api", "worker"));
    var theirs =
        folder == null
            ? List.<Resource>of()
            : RoutesCommand.mounted(folder, List.of("common", "api", "worker"));
    var names = theirs.stream().map(file -> RouteFile.nameOf(file.getLocation())).toList();
    var all = new ArrayList<>(theirs);
    ours.stream()
        .filter(file -> !names.contains(RouteFile.nameOf(file.getLocation())))
        .forEach(all::add);
    var added = names.stream().filter(name -> !MountedFolder.replacesOurs(name)).toList();
    try (var beans = RoutesCommand.beans()) {
      var known =
          Known.of(
              beans.getBeanFactory(),
              beans.getEnvironment(),
              folder == null ? null : folder.root());
      try (var run = new ScenarioRun(all, added, known)) {
        tests.forEach(test -> findings.addAll(run.run(test)));
        return new Result(findings, tests.size(), run.coverage(), run.unreached());
      }
    }
  }

  private static Map<String, String> files(@Nullable MountedFolder folder) throws IOException {
    var found = new TreeMap<String, String>();
    if (folder != null) {
      for (var file : folder.tests().entrySet()) {
        found.put(file.getKey(), Files.readString(file.getValue()));
      }
      return found;
    }
    var pattern = "classpath:routes/*/*" + MountedFolder.TEST_SUFFIX;
    for (var file : new PathMatchingResourcePatternResolver().getResources(pattern)) {
      found.put(
          RouteFile.nameOf(file.getURL().toString()),
          file.getContentAsString(StandardCharsets.UTF_8));
    }
    return found;
  }

  /** The coverage of each file; for a folder, only of its own files. */
  private static String table(@Nullable MountedFolder folder, Result result) {
    var text = new StringBuilder();
    result
        .coverage()
        .forEach(
            (file, steps) -> {
              if (folder == null || folder.files().containsKey(file)) {
                text.append(
                    "%-40s %3d of %3d steps, %3d %%%n"
                        .formatted(file, steps[0], steps[1], 100 * steps[0] / steps[1]));
              }
            });
    return text.toString();
  }
}
