package io.outpost;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.mock.env.MockEnvironment;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** What can be seen of the images without Docker: their files, and how compose.yaml runs them. */
class ImagesTest {

  private static final Path DOCKER = Path.of("docker");
  private static final Pattern DEFAULT = Pattern.compile("\\$\\{\\w+:-(.*)}");

  @ParameterizedTest
  @ValueSource(strings = {"api", "worker"})
  void anImageIsToldToStopAndTellsHowItIs(String role) throws IOException {
    var image = lastStage(role);
    assertThat(image).contains("\nSTOPSIGNAL SIGTERM\n").contains("\nHEALTHCHECK ");
    // No shell between the signal and Java.
    assertThat(image).contains("\nENTRYPOINT [\"java\", \"@/opt/outpost/java.options\", ");
    assertThat(image).contains("\"-XX:AOTCache=/opt/outpost/outpost.aot\"");
  }

  /**
   * Who gives it a small heap, by JAVA_TOOL_OPTIONS, gets one: Java refuses a larger first size.
   */
  @ParameterizedTest
  @ValueSource(strings = {"api", "worker"})
  void anImagesHeapCanBeSmall(String role) throws Exception {
    var entry = found("(?m)^ENTRYPOINT \\[(.*)]$", lastStage(role)).getFirst();
    var command = new ArrayList<String>();
    for (var part : entry.replace("\"", "").split(", ", -1)) {
      if (part.startsWith("@") || part.startsWith("-XX:") && !part.contains("AOTCache")) {
        command.add(part.replace("/opt/outpost", DOCKER.toString()));
      }
    }
    command.addFirst(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-version");
    var java = new ProcessBuilder(command).redirectErrorStream(true);
    java.environment().put("JAVA_TOOL_OPTIONS", "-Xmx64m");
    var process = java.start();
    var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    assertThat(command.toString()).contains("MaxRAMPercentage");
  }

  @ParameterizedTest
  @ValueSource(strings = {"api", "worker"})
  void anImageHoldsNoSecretAndNothingThatWasNotNamed(String role) throws IOException {
    assertThat(file(role).lines())
        .noneMatch(line -> line.matches("(?i)\\s*(ENV|ARG)?.*(SECRET|TOKEN|PASSWORD|_KEY)=.*"))
        .noneMatch(line -> line.matches("(COPY|ADD) \\.\\s.*"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"api", "worker"})
  void aBaseIsOneVersion(String role) throws IOException {
    var file = file(role);
    var stages = found("(?m)^FROM \\S+ AS (\\S+)$", file);
    assertThat(found("(?m)^FROM (\\S+)", file))
        .isNotEmpty()
        .allMatch(base -> stages.contains(base) || base.matches("[a-z/-]+:.*\\d.*"));
  }

  /** A release builds from these digests, and from nothing that has none. */
  @Test
  void everyBaseIsAmongThoseThatAreNamedByDigest() throws IOException {
    var bases = new TreeSet<String>();
    for (var role : List.of("api", "worker")) {
      bases.addAll(found("(?m)^FROM (\\S+:\\S+)", file(role)));
    }
    var named =
        Files.readAllLines(DOCKER.resolve("base-images")).stream()
            .filter(line -> !line.startsWith("#"))
            .toList();
    assertThat(named).extracting(line -> line.split("@", -1)[0]).containsExactlyElementsOf(bases);
    assertThat(named).allMatch(line -> line.matches("[^@]+(@sha256:[0-9a-f]{64})?"));
  }

  @Test
  void theApiIsNobodyInParticular() throws IOException {
    assertThat(found("(?m)^USER (\\S+)$", lastStage("api"))).containsExactly("10001:10001");
  }

  @Test
  void composeConfinesBoth() throws IOException {
    for (var role : List.of("api", "worker")) {
      assertThat(service(role))
          .containsEntry("init", true)
          .containsEntry("read_only", true)
          .containsEntry("security_opt", List.of("no-new-privileges:true"))
          .containsEntry("cap_drop", List.of("ALL"))
          .doesNotContainKeys("privileged", "pid", "network_mode", "user");
    }
    assertThat(service("api")).doesNotContainKeys("cap_add", "volumes");
    assertThat(service("worker")).containsEntry("volumes", List.of("/var/lib/outpost"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"api", "worker"})
  void composeLetsARoleEndByItself(String role) throws IOException {
    var grace = service(role).get("stop_grace_period").toString().replace("s", "");
    assertThat(Integer.parseInt(grace))
        .isGreaterThan(Integer.parseInt(environment(role).get("OUTPOST_SHUTDOWN_SECONDS")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"api", "worker"})
  void composeGivesARoleTheSettingsItAsksFor(String role) throws IOException {
    var settings = new MockEnvironment();
    settings.setActiveProfiles(role);
    environment(role).forEach(settings::setProperty);
    assertThat(StartupSettings.faults(settings)).isEmpty();
  }

  /** It runs agents: what it does not have nobody takes from it. */
  @Test
  void composeGivesAWorkerNeitherStripesKeysNorOurs() throws IOException {
    assertThat(environment("worker").keySet())
        .isNotEmpty()
        .noneMatch(name -> name.matches(".*(STRIPE|ADMIN_KEY).*"));
  }

  private static String file(String role) throws IOException {
    return Files.readString(DOCKER.resolve(role).resolve("Dockerfile"));
  }

  private static String lastStage(String role) throws IOException {
    var file = file(role);
    return file.substring(file.lastIndexOf("\nFROM "));
  }

  private static List<String> found(String pattern, String text) {
    Stream<MatchResult> results = Pattern.compile(pattern).matcher(text).results();
    return results.map(result -> result.group(1)).toList();
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> service(String role) throws IOException {
    var yaml = new Yaml(new SafeConstructor(new LoaderOptions()));
    Map<String, Object> compose = yaml.load(Files.readString(DOCKER.resolve("compose.yaml")));
    return (Map<String, Object>) ((Map<String, Object>) compose.get("services")).get(role);
  }

  /** What the shell does not set has its default. */
  @SuppressWarnings("unchecked")
  private static Map<String, String> environment(String role) throws IOException {
    var environment = new TreeMap<String, String>();
    ((Map<String, Object>) service(role).get("environment"))
        .forEach(
            (name, value) ->
                environment.put(name, DEFAULT.matcher(value.toString()).replaceAll("$1")));
    return environment;
  }
}
