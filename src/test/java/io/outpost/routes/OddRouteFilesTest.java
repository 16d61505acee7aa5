package io.outpost.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Every file in a folder of routes, whatever its form, is loaded or refused with a finding; none is
 * ignored, and none makes the check fail.
 */
class OddRouteFilesTest {

  private static final String ROUTE =
      """
      - route:
          id: %1$s
          description: A route of somebody's own.
          from:
            uri: direct:%1$s
            steps:
              - log: { id: say-%1$s, message: hello }
      """;

  @TempDir Path folder;
  @TempDir Path elsewhere;

  @Test
  void whatCannotBeReadIsNamed() throws Exception {
    write("api/bytes.camel.yaml", ROUTE.formatted("größe").getBytes(StandardCharsets.ISO_8859_1));
    write("api/wide.camel.yaml", ROUTE.formatted("wide").getBytes(StandardCharsets.UTF_16LE));
    write("api/zero.camel.yaml", ROUTE.formatted("a\0b"));
    write("api/tab.camel.yaml", "- route:\n\tid: tab\n");
    write("api/text.camel.yaml", "hello\n");
    write("api/empty.camel.yaml", "# nothing\n");
    write("api/entries.camel.yaml", "- hello\n-\n- - route: x\n");
    write("api/integration.camel.yaml", "kind: Integration\nspec: { flows: [] }\n");
    write("api/deep.camel.yaml", "[".repeat(3000) + "]".repeat(3000));
    write("api/laughs.camel.yaml", laughs());
    write("api/text-file.camel.yaml.txt", ROUTE.formatted("text-file"));
    write("api/.hidden.camel.yaml", ROUTE.formatted("hidden"));
    write("api/Upper.Camel.Yaml", ROUTE.formatted("upper"));
    write("api/scripted.camel.yaml", "- beans:\n  - name: b\n    type: io.x.B\n    script: x\n");
    write("api/without-steps.camel.yaml", "- from: { uri: 'timer:x', steps: [] }\n");
    write("api/Other.java", "class Other {}");
    write("api/new\nline.camel.yaml", ROUTE.formatted("a").replace("log", "lgo"));
    Files.createDirectories(folder.resolve("api/folder.camel.yaml"));
    Files.createSymbolicLink(folder.resolve("api/itself.camel.yaml"), Path.of("itself.camel.yaml"));
    Files.createSymbolicLink(folder.resolve("api/gone.camel.yaml"), Path.of("nowhere"));
    Files.createSymbolicLink(folder.resolve("api/endless.camel.yaml"), Path.of("/dev/zero"));
    Files.createSymbolicLink(folder.resolve("api/up"), Path.of(".."));
    Files.createSymbolicLink(folder.resolve("worker"), Path.of("nowhere"));
    assertThat(run("mkfifo", folder.resolve("api/pipe.camel.yaml").toString())).isZero();
    assertThat(check())
        .containsExactlyInAnyOrder(
            "api/bytes.camel.yaml:2: is not UTF-8 (from the byte 0xf6 on): save it as UTF-8",
            "api/wide.camel.yaml:1: is not YAML: it has the character U+0000, which is not allowed in text",
            "api/zero.camel.yaml:2: is not YAML: it has the character U+0000, which is not allowed in text",
            "api/tab.camel.yaml:2: is no YAML: found character '\\t(TAB)' that cannot start any token. (Do not use \\t(TAB) for indentation); look at the indentation",
            "api/text.camel.yaml:1: is no list: begin each route with \"- route:\"",
            "api/empty.camel.yaml:1: has no route: remove the file, or write one",
            "api/entries.camel.yaml:1: is no route: begin each with \"- route:\"",
            "api/entries.camel.yaml:2: an empty entry",
            "api/entries.camel.yaml:3: is no route: begin each with \"- route:\"",
            "api/integration.camel.yaml:1: is no list: begin each route with \"- route:\"",
            "api/deep.camel.yaml:1: is no YAML: Nesting Depth exceeded max 50",
            "api/laughs.camel.yaml:1: is too large: its aliases (`*`) expand to more than 200000 entries",
            "api/text-file.camel.yaml.txt:1: is not read: name it text-file.camel.yaml",
            "api/.hidden.camel.yaml:1: is not read, because its name begins with a dot",
            "api/Upper.Camel.Yaml:1: is not read: name it Upper.camel.yaml",
            "api/scripted.camel.yaml:4: `script` runs code from text: call a bean instead",
            "api/scripted.camel.yaml:3: there is no class `io.x.B`",
            "api/without-steps.camel.yaml:1: `steps` is empty",
            "api/Other.java:1: is not read: name it Other.camel.yaml",
            "api/new\\u000aline.camel.yaml:7: a: no step `lgo`; did you mean `log`?",
            "api/folder.camel.yaml:1: is a folder: routes stand in files",
            "api/itself.camel.yaml:1: is a link to nothing",
            "api/gone.camel.yaml:1: is a link to nothing",
            "api/endless.camel.yaml:1: is not a readable file",
            "api/pipe.camel.yaml:1: is not a readable file",
            "api/up:1: is a link to a folder that contains it",
            "worker:1: is a link to nothing");
  }

  /** A few lines whose aliases expand to more entries than memory holds. */
  private static String laughs() {
    var text = new StringBuilder("- route: &l0 [x, x]\n");
    for (int i = 1; i <= 23; i++) {
      text.append("- route: &l%d [*l%d, *l%d]\n".formatted(i, i - 1, i - 1));
    }
    return text.toString();
  }

  @Test
  void whatIsOddAndRightIsLoaded() throws Exception {
    write("api/mark.camel.yaml", "\ufeff" + ROUTE.formatted("with-mark"));
    write("api/windows.camel.yaml", ROUTE.formatted("from-windows").replace("\n", "\r\n"));
    write("api/old-mac.camel.yaml", ROUTE.formatted("from-an-old-mac").replace("\n", "\r"));
    write("api/größe 50%.camel.yaml", ROUTE.formatted("größe-日本"));
    write("api/begun.camel.yaml", "%YAML 1.1\n---\n" + ROUTE.formatted("begun") + "...\n");
    write(
        "api/links.camel.yaml",
        ROUTE.formatted("with-links").replace("log: {", "log: &one {")
            + "        - filter: { id: again, simple: 'true', steps: [{ to: &to 'log:x' }, { to: *to }] }\n");
    write(
        "api/template.camel.yaml",
        """
        - routeTemplate:
            id: greet
            parameters:
              - name: who
            from:
              uri: "direct:greet-{{who}}"
              steps:
                - log: "Hello {{who}}"
        - templatedRoute:
            routeTemplateRef: greet
            routeId: greet-world
            parameters:
              - name: who
                value: world
        """);
    write("api/alone.camel.yaml", "- from:\n    uri: timer:alone\n    steps: [{ log: x }]\n");
    write("api/calls.camel.yaml", ROUTE.formatted("calls") + "        - to: direct:greet-world\n");
    Files.writeString(elsewhere.resolve("there"), ROUTE.formatted("from-elsewhere"));
    Files.createSymbolicLink(folder.resolve("api/here.camel.yaml"), elsewhere.resolve("there"));
    Files.createSymbolicLink(folder.resolve("api/.#here.camel.yaml"), Path.of("me@here.1:2"));
    assertThat(check()).isEmpty();
  }

  /** A mistake in a file beside the routes gives a finding with a line, too. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          queues.json     | {                                        | queues.json:1: is no JSON:
          queues.json     | []                                       | queues.json:1: is no list of queues
          queues.json     | {"jobs-a": {"dead_leter": "jobs-dlq", "visibility_seconds": 9}} | queues.json:1: `jobs-a` has no field `dead_leter`; did you mean `dead_letter`?
          queues.json     | {"jobs-a": {"visibility_seconds": "9"}}  | queues.json:1: `visibility_seconds` of `jobs-a` is a whole number, not "9"
          queues.json     | {"jobs-a": {"dead_letter": "jobs-dql", "receives": 3, "visibility_seconds": 9}} | queues.json:1: there is no queue `jobs-dql`; did you mean `jobs-dlq`?
          queues.json     | {"jobs-a": {}, "jobs-a": {}}             | queues.json:1: is no JSON: Duplicate field 'jobs-a'
          queues.json     | {"Jobs a": {"visibility_seconds": 9}}    | queues.json:1: `Jobs a` is no name of a queue
          queues.json     | {"jobs-high": {"visibility_seconds": 9}} | queues.json:1: the queue name `jobs-high` is taken by Outpost: choose another
          vocabulary.yaml | propertys: {}                            | vocabulary.yaml:1: there is no field `propertys`; did you mean `properties`?
          vocabulary.yaml | properties: { x: { tipe: any } }         | vocabulary.yaml:1: there is no field `tipe`; did you mean `type`?
          vocabulary.yaml | properties: { x: hello }                 | vocabulary.yaml:1: `properties.x` has fields, as in { type: text, means: what it is }
          vocabulary.yaml | '[]'                                     | vocabulary.yaml:1: is no vocabulary: write `properties:` and below it a name for each
          vocabulary.yaml | properties: { x: { type: a }, x: { type: b } } | vocabulary.yaml:1: is no YAML: Duplicate field 'x'
          vocabulary.yaml | properties: { x: { type: io.outpost.Nope } }   | vocabulary.yaml:1: there is no class `io.outpost.Nope`
          vocabulary.yaml | properties: { job: { type: text, means: mine } } | vocabulary.yaml:1: `properties.job` is taken by Outpost: choose another name
          vocabulary.yaml | beans: { jobReader: { reed: mine } }     | vocabulary.yaml:1: `beans.jobReader` is taken by Outpost: choose another name
          vocabulary.yaml | extension-points: { before-submit: { when: never } } | vocabulary.yaml:1: `extension-points.before-submit` is taken by Outpost: choose another name
          contract.yaml   | info: { title: x }                       | contract.yaml:1: holds `info`: only paths and components can be added
          contract.yaml   | paths: []                                | contract.yaml:1: `paths` has no fields
          contract.yaml   | hello                                    | contract.yaml:1: adds nothing
          contract.yaml   | paths: { /jobs: { get: { operationId: x } } }        | contract.yaml:1: paths `/jobs` is in the contract already
          contract.yaml   | paths: { /x: { get: { operationId: submitJob } } }   | contract.yaml:1: the operationId `submitJob` is taken already
          contract.yaml   | paths: { /x: { get: { operationId: get-x } } }       | contract.yaml:1: the operationId `get-x` may hold letters only
          contract.yaml   | paths: { /x: { get: { summary: x } } }               | contract.yaml:1: get /x has no operationId
          contract.yaml   | paths: { /x: { get: { operationId: getX, responses: { '200': { $ref: '#/components/responses/Nope' } } } } } | contract.yaml:1: there is no `#/components/responses/Nope` in the contract
          contract.yaml   | paths: { /x: { get: { operationId: getX, security: [] } } } | contract.yaml:1: the operation `getX` would be open to everyone
          agents/echo.yaml | ' '                                     | agents/echo.yaml:1: is empty: remove the file
          agents/echo.yaml | - a                                     | agents/echo.yaml:1:
          agents/echo.yaml | '{ name: other, title: x, command: [cat], time_limit: PT1M, version: [cat], provider_variables: [A_KEY] }' | agents/echo.yaml:1: name: is 'other', so the file must be called other.yaml
          api             | hello                                    | api:1: is a file: routes stand in files of a folder of this name
          """)
  void whatStandsBesideTheRoutesIsCheckedToo(String file, String text, String finding)
      throws Exception {
    write(file, text);
    assertThat(check()).singleElement().asString().startsWith(finding);
  }

  /**
   * The finding has the line of the word; a folder may contain an unchanged copy of our vocabulary.
   */
  @Test
  void aWordOfOursKeepsItsMeaning() throws IOException {
    try (var ours = RouteFolder.class.getResourceAsStream("/routes/vocabulary.yaml")) {
      write("vocabulary.yaml", ours.readAllBytes());
    }
    assertThat(check()).isEmpty();
    write(
        "vocabulary.yaml",
        """
        properties:
          mine: { type: text, means: our own }
        variables:
          audited: { type: text, means: something else }
        """);
    assertThat(check())
        .containsExactly(
            "vocabulary.yaml:4: `variables.audited` is taken by Outpost: choose another name");
  }

  private List<String> check() {
    var out = new ByteArrayOutputStream();
    var err = new ByteArrayOutputStream();
    var code =
        new RoutesCommand(stream(out), stream(err)).execute(List.of("check", folder.toString()));
    var lines = out.toString(StandardCharsets.UTF_8).lines().toList();
    assertThat(code).as(err.toString(StandardCharsets.UTF_8)).isEqualTo(lines.isEmpty() ? 0 : 1);
    return lines;
  }

  private static PrintStream stream(ByteArrayOutputStream to) {
    return new PrintStream(to, true, StandardCharsets.UTF_8);
  }

  private static int run(String... command) throws IOException, InterruptedException {
    return new ProcessBuilder(command).start().waitFor();
  }

  private void write(String file, String text) throws IOException {
    write(file, text.getBytes(StandardCharsets.UTF_8));
  }

  private void write(String file, byte[] bytes) throws IOException {
    var path = folder.resolve(file);
    Files.createDirectories(path.getParent());
    Files.write(path, bytes);
  }
}
