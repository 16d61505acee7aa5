package io.outpost.worker.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.springframework.util.FileSystemUtils;

/**
 * Runs a program of the tests as a normal user, with what it needs of the class path copied to
 * where that user can read it. Needs tests that are root.
 */
final class NormalUser {

  static final String ID = "65533";

  private static final Pattern NEEDED =
      Pattern.compile(
          "(slf4j-api|logback-|jackson-|spring-core|spring-jcl|spring-boot-|junit-|opentest4j|apiguardian"
              + "|commons-io|commons-codec|ulid-creator).*");

  private final Path directory;

  /** Takes a directory that the user may enter. */
  NormalUser(Path directory) {
    this.directory = directory;
  }

  void give(Path path) throws Exception {
    Files.setAttribute(path, "unix:uid", Integer.valueOf(ID));
  }

  /** What it printed, a line {@code name: result} each. The language is the oldest there is. */
  Map<String, String> run(Class<?> program, String... arguments) throws Exception {
    List<String> command =
        new ArrayList<>(List.of("setpriv", "--reuid", ID, "--regid", ID, "--clear-groups"));
    // Signals are ignored, as under nohup; agents must not inherit that.
    command.addAll(List.of("env", "--ignore-signal=HUP,INT,QUIT,TERM,PIPE,USR1,CHLD"));
    command.add(Path.of(System.getProperty("java.home"), "bin/java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    command.add("-Doutpost.deep=" + Boolean.getBoolean("outpost.deep"));
    command.addAll(List.of("-cp", readableClassPath(), program.getName()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
    builder.environment().put("LC_ALL", "POSIX");
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    Map<String, String> results = new TreeMap<>();
    output
        .lines()
        .map(line -> line.split(": ", 2))
        .filter(line -> line.length == 2)
        .forEach(line -> results.put(line[0], line[1]));
    return results;
  }

  private String readableClassPath() throws Exception {
    Path copy = Files.createDirectory(directory.resolve("classes"));
    List<String> parts = new ArrayList<>(List.of(copy.toString()));
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      Path path = Path.of(entry);
      if (Files.isDirectory(path)) {
        for (String needed : List.of("io/outpost", "porter", "hostile")) {
          if (Files.isDirectory(path.resolve(needed))) {
            FileSystemUtils.copyRecursively(path.resolve(needed), copy.resolve(needed));
          }
        }
      } else if (NEEDED.matcher(path.getFileName().toString()).matches()) {
        parts.add(Files.copy(path, copy.resolve(path.getFileName())).toString());
      }
    }
    new ProcessBuilder("chmod", "-R", "a+rX", copy.toString()).inheritIO().start().waitFor();
    return String.join(File.pathSeparator, parts);
  }
}
