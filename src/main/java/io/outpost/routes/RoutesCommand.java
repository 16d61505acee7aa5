package io.outpost.routes;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.ResourceHelper;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.config.ConfigDataEnvironmentPostProcessor;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.context.annotation.AnnotationConfigUtils;
import org.springframework.context.annotation.ClassPathBeanDefinitionScanner;
import org.springframework.context.annotation.ConfigurationClassPostProcessor;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;
import org.springframework.core.type.filter.AnnotationTypeFilter;

/**
 * The commands about routes; they start no application. {@code outpost routes check [folder]}
 * reports faults in the files of a folder, or in the shipped ones; {@code test [folder]} runs their
 * tests; {@code diff [folder]} lists changes of shipped files since {@code copy <file> <folder>}
 * copied them into the folder. One finding per line on standard output; exits with 0 without
 * findings, with 1 with findings, with 2 for wrong arguments.
 */
public final class RoutesCommand {

  private static final String COPIED = "copied %s into %s: change it there";
  private static final String KEPT =
      "kept your %s in %s; from now on diff compares with today's shipped text";

  private static final String USAGE =
      "usage: outpost routes check [folder] | test [folder] | diff [folder] | copy <file> <folder>";
  private static final List<List<String>> ROLES =
      List.of(
          List.of("common", "api"),
          List.of("common", "worker"),
          List.of("common", "api", "worker"));

  private final PrintStream out;
  private final PrintStream err;

  RoutesCommand(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
  }

  /**
   * Runs the command.
   *
   * @param arguments the arguments after {@code routes}
   * @return the exit code
   */
  public static int run(List<String> arguments) {
    // Nothing may be logged on standard output, which has only findings.
    LoggingSystem.get(RoutesCommand.class.getClassLoader())
        .setLogLevel(LoggingSystem.ROOT_LOGGER_NAME, LogLevel.OFF);
    return new RoutesCommand(System.out, System.err).execute(arguments);
  }

  int execute(List<String> arguments) {
    try {
      var command = arguments.isEmpty() ? "" : arguments.getFirst();
      if (command.equals("check") && arguments.size() <= 2) {
        var folder = arguments.size() == 1 ? null : new MountedFolder(Path.of(arguments.get(1)));
        return told(check(folder), "nothing is wrong");
      }
      if (command.equals("test") && arguments.size() <= 2) {
        var folder = arguments.size() == 1 ? null : new MountedFolder(Path.of(arguments.get(1)));
        return ScenarioCommand.run(folder, out, err);
      }
      if (command.equals("diff") && arguments.size() <= 2) {
        var folder = arguments.size() == 2 ? arguments.get(1) : mounted();
        return told(
            new RoutesDiff(new MountedFolder(Path.of(folder))).changes(),
            "no shipped file has changed under your copies");
      }
      if (command.equals("copy") && arguments.size() == 3) {
        var copied =
            new RoutesDiff(new MountedFolder(Path.of(arguments.get(2)))).copy(arguments.get(1));
        err.printf((copied ? COPIED : KEPT) + "%n", arguments.get(1), arguments.get(2));
        return 0;
      }
      err.println(USAGE);
      return 2;
    } catch (RoutesRefused e) {
      return told(e.findings(), "");
    } catch (Exception e) {
      err.println(e.getMessage());
      return 2;
    }
  }

  private int told(Collection<Finding> findings, String nothing) {
    findings.forEach(out::println);
    err.println(findings.isEmpty() ? nothing : findings.size() + " found");
    return findings.isEmpty() ? 0 : 1;
  }

  private static String mounted() {
    return Optional.ofNullable(System.getenv("OUTPOST_ROUTES"))
        .orElseThrow(() -> new IllegalStateException("Name a folder, or set OUTPOST_ROUTES"));
  }

  /**
   * The faults of the files.
   *
   * @param folder the mounted folder; null: only the shipped files
   */
  static Collection<Finding> check(@Nullable MountedFolder folder) throws IOException {
    var found = new TreeSet<Finding>();
    try (var beans = beans()) {
      var known =
          Known.of(
              beans.getBeanFactory(),
              beans.getEnvironment(),
              folder == null ? null : folder.root());
      var vocabulary = Vocabulary.ours();
      if (folder != null) {
        found.addAll(folder.passedOver());
        found.addAll(folder.agentFaults());
        vocabulary = folder.extend(vocabulary);
      }
      var check = new RoutesCheck(known, vocabulary, new RouteLanguage());
      for (var roles : ROLES) {
        var ours = ours(roles);
        var asked = folder == null ? ours : mounted(folder, roles);
        if (asked.isEmpty() && folder != null && folder.hasRoutesOnly()) {
          continue; // the folder has files for other roles only
        }
        var names = asked.stream().map(file -> RouteFile.nameOf(file.getLocation())).toList();
        var kept =
            ours.stream()
                .filter(file -> !names.contains(RouteFile.nameOf(file.getLocation())))
                .toList();
        found.addAll(
            check
                .check(
                    kept,
                    asked,
                    file -> !MountedFolder.replacesConfigurations(RouteFile.nameOf(file)))
                .findings());
      }
    }
    return found;
  }

  static List<Resource> ours(List<String> roles) throws IOException {
    var found = new ArrayList<Resource>();
    for (var role : roles) {
      var pattern = "classpath:routes/" + role + "/*" + MountedFolder.SUFFIX;
      for (var file : new PathMatchingResourcePatternResolver().getResources(pattern)) {
        var name = "routes/" + role + "/" + file.getFilename();
        found.add(ResourceHelper.fromBytes(name, file.getContentAsByteArray()));
      }
    }
    return found;
  }

  static List<Resource> mounted(MountedFolder folder, List<String> roles) throws IOException {
    var found = new ArrayList<Resource>();
    for (var file : folder.files().entrySet()) {
      if (roles.contains(file.getKey().substring(0, file.getKey().indexOf('/')))) {
        var text = java.nio.file.Files.readAllBytes(file.getValue());
        found.add(ResourceHelper.fromBytes("file:" + file.getValue(), text));
      }
    }
    return found;
  }

  /** The product's beans, which are declared but not created. */
  static GenericApplicationContext beans() {
    var environment = new StandardEnvironment();
    ConfigDataEnvironmentPostProcessor.applyTo(environment, null, null, "api", "worker", "local");
    var context = new GenericApplicationContext();
    context.setEnvironment(environment);
    AnnotationConfigUtils.registerAnnotationConfigProcessors(context);
    var scanner = new ClassPathBeanDefinitionScanner(context, true, environment);
    scanner.addExcludeFilter(new AnnotationTypeFilter(SpringBootApplication.class));
    // In a test run the class path also has test classes, whose nested configurations must be
    // skipped.
    scanner.addExcludeFilter((type, classes) -> type.getClassMetadata().hasEnclosingClass());
    scanner.scan("io.outpost");
    var configurations = new ConfigurationClassPostProcessor();
    configurations.setEnvironment(environment);
    configurations.postProcessBeanDefinitionRegistry(context);
    return context;
  }
}
