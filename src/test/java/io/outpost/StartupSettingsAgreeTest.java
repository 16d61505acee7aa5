package io.outpost;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.mock.env.MockEnvironment;

/**
 * The names of settings stand in four places that nothing else holds together: the task
 * definitions, the application, the images and the operators' page. A name that only one of them
 * knows would be a setting without effect, or one that nobody can find.
 */
class StartupSettingsAgreeTest {

  private static final Path RESOURCES = Path.of("src/main/resources");
  private static final Path TASKS = Path.of("terraform/modules/ecs");
  private static final Pattern READ = Pattern.compile("\\$\\{(OUTPOST_[A-Z0-9_]+)(:?)");
  private static final Pattern NAMED = Pattern.compile("\\bOUTPOST_[A-Z0-9_]+\\b");
  private static final Pattern DOCUMENTED = Pattern.compile("(?m)^\\| `(OUTPOST_[A-Z0-9_]+)`");

  private static final Pattern DEFAULT =
      Pattern.compile(
          "(?m)^\\| `(OUTPOST_[A-Z0-9_]+)`[^|]*\\|[^|]*\\| (?:`([^`|]+)`|([0-9]+[A-Za-z]*)) \\|");

  @ParameterizedTest
  @ValueSource(strings = {"api", "worker"})
  void whatATaskDefinitionSetsTheApplicationReads(String role) throws IOException {
    assertThat(read()).containsAll(setFor(role));
  }

  @ParameterizedTest
  @ValueSource(strings = {"api", "worker"})
  void whatARoleCannotDoWithoutItsTaskDefinitionSets(String role) throws IOException {
    var tasks = MAPPER.readTree(TASKS.resolve("settings.json").toFile()).get(role);
    var environment = new MockEnvironment();
    names(tasks).forEach(name -> environment.setProperty(name, "set"));
    assertThat(names(tasks).toList())
        .containsAll(StartupSettings.requiredBy(role, environment).toList());
  }

  @Test
  void whatTheApplicationReadsHasADefaultOrIsRequired() throws IOException {
    var withoutDefault = new TreeSet<String>();
    for (var file : configurations()) {
      READ.matcher(file)
          .results()
          .filter(match -> match.group(2).isEmpty())
          .forEach(match -> withoutDefault.add(match.group(1)));
    }
    assertThat(StartupSettings.ALL.stream().map(StartupSettings.Setting::name))
        .containsAll(withoutDefault);
  }

  @Test
  void whatIsCheckedAtTheStartTheApplicationReads() throws IOException {
    assertThat(read())
        .containsAll(
            StartupSettings.ALL.stream()
                .map(StartupSettings.Setting::name)
                .filter(name -> name.startsWith("OUTPOST_"))
                .toList());
  }

  @Test
  void theTaskDefinitionsNameNoSettingBesidesTheirList() throws IOException {
    var listed = new TreeSet<>(setFor("api"));
    listed.addAll(setFor("worker"));
    try (var files = Files.list(TASKS)) {
      var named = new TreeSet<String>();
      for (var file : files.filter(f -> f.toString().endsWith(".tf")).toList()) {
        NAMED.matcher(Files.readString(file)).results().forEach(m -> named.add(m.group()));
      }
      assertThat(named).isNotEmpty();
      assertThat(listed).containsAll(named);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"docker/worker/Dockerfile", "docker/image-steps", "docker/compose.yaml"})
  void whatAContainerIsGivenTheApplicationReads(String file) throws IOException {
    var set = NAMED.matcher(Files.readString(Path.of(file))).results().map(m -> m.group()).toList();
    assertThat(set).isNotEmpty();
    assertThat(read()).containsAll(set);
  }

  @Test
  void theOperatorsPageListsEverySettingAndNoOther() throws IOException {
    var listed =
        DOCUMENTED
            .matcher(Files.readString(Path.of("docs/operations.md")))
            .results()
            .map(match -> match.group(1))
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(listed).isEqualTo(read());
  }

  /** A default that the page gives as a value, and not in words, is the application's. */
  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("defaults")
  void theOperatorsPageHasTheDefaultThatHolds(String name, String value) throws IOException {
    assertThat(Files.readString(RESOURCES.resolve("application.yaml")))
        .contains("${" + name + ":" + value + "}");
  }

  static Stream<Arguments> defaults() throws IOException {
    return DEFAULT
        .matcher(Files.readString(Path.of("docs/operations.md")))
        .results()
        .map(row -> Arguments.of(row.group(1), row.group(2) == null ? row.group(3) : row.group(2)));
  }

  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  private static Set<String> setFor(String role) throws IOException {
    return names(MAPPER.readTree(TASKS.resolve("settings.json").toFile()).get(role))
        .filter(name -> name.startsWith("OUTPOST_"))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** Plain ones, parameters and secrets. */
  private static Stream<String> names(JsonNode task) {
    return StreamSupport.stream(task.spliterator(), false)
        .flatMap(list -> StreamSupport.stream(list.spliterator(), false))
        .map(JsonNode::asText);
  }

  private static Set<String> read() throws IOException {
    var names = new TreeSet<String>();
    for (var file : configurations()) {
      READ.matcher(file).results().forEach(match -> names.add(match.group(1)));
    }
    return names;
  }

  private static Iterable<String> configurations() throws IOException {
    try (var files = Files.list(RESOURCES)) {
      var texts = new java.util.ArrayList<String>();
      for (var file :
          files.filter(f -> f.getFileName().toString().matches("application.*\\.yaml")).toList()) {
        texts.add(Files.readString(file));
      }
      return texts;
    }
  }
}
