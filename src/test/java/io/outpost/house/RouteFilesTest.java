package io.outpost.house;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.outpost.house.RouteFile.Step;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Integration engineers read and change route files. A fault in a file is found here, by name, and
 * not only when the first message reaches it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RouteFilesTest {

  private static final Pattern KEBAB = Pattern.compile("[a-z][a-z0-9]*(-[a-z0-9]+)*");
  private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{[?!]?([^}:]+)[^}]*}}");
  private static final Pattern INTERNAL =
      Pattern.compile("(?:direct|seda):([A-Za-z][A-Za-z0-9-]*)(?![\\[A-Za-z0-9-])");
  private static final Set<String> MUST_HAVE_AN_ID =
      Set.of("bean", "to", "toD", "wireTap", "enrich", "pollEnrich", "choice", "loop", "doTry");

  private Schema camel;
  private List<RouteFile> files;

  @BeforeAll
  void read() throws IOException {
    try (var schema = getClass().getResourceAsStream("/schema/camelYamlDsl.json")) {
      camel = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_4).getSchema(schema);
    }
    files = RouteFile.all();
  }

  List<RouteFile> files() {
    return files;
  }

  @Test
  void thereAreRoutesForBothRoles() {
    assertThat(files)
        .extracting(file -> file.name().substring(0, file.name().indexOf('/')))
        .contains("common", "api", "worker");
  }

  @ParameterizedTest
  @MethodSource("files")
  void camelsSchemaAcceptsTheFile(RouteFile file) {
    // A placeholder may replace a number that the schema requires, because Camel resolves it first.
    assertThat(camel.validate(withNumbers(file.tree().deepCopy())))
        .filteredOn(fault -> !fault.getInstanceNode().asText().startsWith("{{"))
        .as(file.name())
        .isEmpty();
  }

  /**
   * Replaces placeholders by numbers: inside an error handler, the schema names the handler as the
   * fault.
   */
  private static JsonNode withNumbers(JsonNode tree) {
    for (var policy : tree.findParents("maximumRedeliveries")) {
      if (policy.get("maximumRedeliveries").asText().startsWith("{{")) {
        ((ObjectNode) policy).put("maximumRedeliveries", 1);
      }
    }
    return tree;
  }

  /**
   * Without a bound, the work that requests leave to be done beside them piles up while a store is
   * slow.
   */
  @ParameterizedTest
  @MethodSource("files")
  void whatIsDoneBesideARequestIsBounded(RouteFile file) {
    if (file.name().startsWith("api/")) {
      assertThat(file.steps().filter(step -> step.kind().equals("wireTap")))
          .as(file.name())
          .allSatisfy(
              tap ->
                  assertThat(tap.node().path("executorService").asText())
                      .as(tap.id())
                      .isEqualTo("watchers"));
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void everyRouteSaysWhatItDoes(RouteFile file) {
    assertThat(file.routes())
        .as(file.name())
        .allSatisfy(
            route -> {
              assertThat(route.path("id").asText()).matches(KEBAB);
              assertThat(route.path("description").asText())
                  .as("description of %s", route.path("id").asText())
                  .matches("[A-Z][^\\n]{15,}\\.");
            });
  }

  @ParameterizedTest
  @MethodSource("files")
  void everyStepThatActsHasAnId(RouteFile file) {
    assertThat(file.steps().filter(step -> MUST_HAVE_AN_ID.contains(step.kind())))
        .as(file.name())
        .allSatisfy(step -> assertThat(step.id()).as("id of %s", step).matches(KEBAB));
  }

  @Test
  void noIdStandsForTwoThings() throws IOException {
    var routes = RouteFile.allRoutes().map(route -> route.path("id").asText());
    var steps = files.stream().flatMap(RouteFile::steps).map(Step::id).filter(id -> !id.isEmpty());
    assertThat(Stream.concat(routes, steps)).doesNotHaveDuplicates();
  }

  @ParameterizedTest
  @MethodSource("files")
  void everyPlaceholderIsASettingWithAComment(RouteFile file) throws IOException {
    var settings = Settings.read();
    assertThat(file.find(PLACEHOLDER).map(found -> found.group(1)).collect(Collectors.toSet()))
        .as(file.name())
        .allSatisfy(
            name -> {
              if (name.equals("contract.operations")) {
                return;
              }
              assertThat(settings.declared()).as("settings in application.yaml").contains(name);
              assertThat(settings.explained()).as("settings with a comment").contains(name);
            });
  }

  @ParameterizedTest
  @MethodSource("files")
  void everyRouteThatIsCalledIsThere(RouteFile file) throws IOException {
    var starts = internal(RouteFile.allRoutes().map(RouteFile::from));
    assertThat(internal(file.texts())).as(file.name()).isSubsetOf(starts);
  }

  @Test
  void everyRouteThatJavaCallsIsThere() throws IOException {
    var starts = internal(RouteFile.allRoutes().map(RouteFile::from));
    try (var sources = Files.walk(Path.of("src/main/java"))) {
      for (var source : sources.filter(file -> file.toString().endsWith(".java")).toList()) {
        var literals =
            Pattern.compile("\"[^\"\\n]*\"")
                .matcher(Files.readString(source))
                .results()
                .map(MatchResult::group);
        assertThat(internal(literals)).as(source.toString()).isSubsetOf(starts);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void onlyOperationsAreCamelCaseAndTheyStandWithTheApi(RouteFile file) throws IOException {
    var operations = OpenApi.read().operationIds();
    assertThat(internal(file.routes().map(RouteFile::from)))
        .as(file.name())
        .allSatisfy(
            start -> {
              if (operations.contains(start)) {
                assertThat(file.name()).startsWith("api/");
              } else {
                assertThat(start).as("a route that is no operation").matches(KEBAB);
              }
            });
  }

  @ParameterizedTest
  @MethodSource("files")
  void aRouteIsNamedAfterWhereItStarts(RouteFile file) {
    assertThat(file.routes())
        .as(file.name())
        .allSatisfy(
            route -> {
              for (var start : internal(Stream.of(RouteFile.from(route)))) {
                assertThat(route.path("id").asText())
                    .isEqualTo(start.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT));
              }
            });
  }

  /** HTTP requests arrive only through the contract; any other way would bypass admission. */
  @Test
  void noRouteOpensAnHttpPathOfItsOwn() throws IOException {
    assertThat(RouteFile.allRoutes().map(RouteFile::from))
        .noneMatch(
            from -> from.matches("(platform-http|rest|rest-api|jetty|undertow|netty-http).*"));
    assertThat(files.stream().flatMap(file -> file.tree().findValues("rest").stream()))
        .allSatisfy(rest -> assertThat(fieldNames(rest)).containsOnly("id", "openApi"));
  }

  private static Set<String> fieldNames(JsonNode node) {
    return new TreeSet<>(node.propertyStream().map(Map.Entry::getKey).toList());
  }

  /** The names after {@code direct:} and {@code seda:}, without patterns. */
  private static Set<String> internal(Stream<String> texts) {
    return texts
        .flatMap(text -> INTERNAL.matcher(text).results())
        .map(found -> found.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
