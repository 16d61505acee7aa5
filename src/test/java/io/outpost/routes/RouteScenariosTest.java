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

/**
 * The YAML tests beside the routes pass, and the share of steps that they reach does not shrink.
 */
class RouteScenariosTest {

  private static final Path TABLE = Path.of("docs/routes-coverage.md");

  /** The share of steps in percent; it is raised when more are reached, and never lowered. */
  private static final int FLOOR = 100;

  @TempDir Path folder;

  /** Rewritten like the tables of the vocabulary. */
  @Test
  void oursHoldAndReachWhatTheTableSays() throws Exception {
    var result = ScenarioCommand.run(null);
    assertThat(result.findings()).isEmpty();
    var all = result.coverage().values();
    var reached = all.stream().mapToInt(steps -> steps[0]).sum();
    var steps = all.stream().mapToInt(each -> each[1]).sum();
    var table = table(result, reached, steps);
    if (Boolean.getBoolean("outpost.write-docs")) {
      Files.writeString(TABLE, table);
    }
    assertThat(100 * reached / steps).as("percent reached").isGreaterThanOrEqualTo(FLOOR);
    assertThat(Files.readString(TABLE))
        .as("mvn test -Dtest=RouteScenariosTest -Dsurefire.args=-Doutpost.write-docs=true")
        .isEqualTo(table);
  }

  private static String table(ScenarioCommand.Result result, int reached, int steps) {
    var text =
        new StringBuilder(
            """
            # Coverage of the routes

            %d tests in YAML, beside the [routes](routes.md#test-before-you-ship), reach %d of %d steps. The build fails when this page is not up to date, and when fewer than %d %% are reached.

            | file | steps | reached |
            | --- | --- | --- |
            """
                .formatted(result.tests(), reached, steps, FLOOR));
    result
        .coverage()
        .forEach((file, of) -> text.append("| %s | %d | %d |\n".formatted(file, of[1], of[0])));
    if (!result.unreached().isEmpty()) {
      text.append("\n## Not reached\n");
    }
    result
        .unreached()
        .forEach(step -> text.append("- %s\n".formatted(step.replaceFirst(":\\d+:", ":"))));
    return text.toString();
  }

  @Test
  void somebodysOwnAreRunOnTheirRoutes() throws Exception {
    write(
        "common/job-ended.camel.yaml",
        """
        - route:
            id: job-ended
            description: Tells of failed jobs.
            from:
              uri: direct:job-ended
              steps:
                - filter:
                    id: has-it-failed
                    simple: "${body.status} == 'failed'"
                    steps:
                      - to: { id: tell, uri: "https://chat.example" }
        """);
    write(
        "common/job-ended.test.yaml",
        """
        - test: a failed job is told
          when:
            route: job-ended
            body: { jobId: J1, status: failed }
          then:
            sent: { tell: { body: { jobId: J1 } } }
        - test: others are not
          when:
            route: job-ended
            body: { jobId: J1, status: succeeded }
          then:
            never: [tell]
        """);
    assertThat(run()).isEqualTo(new Said(0, ""));
  }

  /** Each failure is reported with its file, line and test. */
  @Test
  void whatDoesNotHoldIsOneLineEach() throws Exception {
    write(
        "common/job-ended.camel.yaml",
        """
        - route:
            id: job-ended
            description: Tells of jobs.
            from:
              uri: direct:job-ended
              steps:
                - setHeader: { id: paint, name: colour, constant: red }
                - to: { id: tell, uri: "https://chat.example" }
        """);
    write(
        "common/job-ended.test.yaml",
        """
        - test: nobody is told
          when: { route: job-ended }
          then:
            never: [tell]
        - test: it is green
          when: { route: job-ended }
          then:
            headers: { colour: green }
        - test: it fails
          when: { route: job-ended }
          then:
            fails: Exception
        - test: two are told
          when: { route: job-ended }
          then:
            calls: [tell, tell-again]
        - test: what was sent
          when: { route: job-ended, body: no }
          then:
            sent: { tell: { body: yes }, other: {} }
        - test: a fault is no surprise
          given:
            tell: { throws: { type: java.io.IOException, message: planted } }
          when: { route: job-ended }
          then:
            headers: { colour: red }
        - test: no such route
          when: { route: job-endet }
          then:
            never: [tell]
        - test: a step of the route can fail
          given:
            paint: { throws: { type: java.io.IOException, message: no paint } }
          when: { route: job-ended }
          then:
            fails: no paint
            never: [tell]
        - test: and do nothing else
          given:
            paint: { returns: green }
          when: { route: job-ended }
          then:
            calls: [tell]
        """);
    assertThat(run().out().lines())
        .containsExactly(
            "common/job-ended.test.yaml:1: nobody is told: `tell` was called",
            "common/job-ended.test.yaml:5: it is green: header colour should be \"green\" and is \"red\"",
            "common/job-ended.test.yaml:9: it fails: should fail with Exception and ended with null",
            "common/job-ended.test.yaml:13: two are told: `tell-again` was not called after tell; these were: [tell]",
            "common/job-ended.test.yaml:17: what was sent: tell: body should be true and is false",
            "common/job-ended.test.yaml:17: what was sent: `other` was not called; these were: [tell]",
            "common/job-ended.test.yaml:21: a fault is no surprise: failed: java.io.IOException: planted",
            "common/job-ended.test.yaml:27: no such route: there is no route `job-endet`; did you mean `job-ended`?",
            "common/job-ended.test.yaml:38: and do nothing else: `paint` runs as written: it may only be given throws");
  }

  @Test
  void whatIsNoTestIsToldToo() throws Exception {
    write(
        "common/x.test.yaml",
        """
        - test: a word too many
          wen: { route: job-ended }
          then: { calls: [x] }
        - test: it cannot fail
          when: { route: job-ended }
        """);
    assertThat(run().out().lines())
        .containsExactly(
            "common/x.test.yaml:1: a word too many: there is no `wen`; did you mean `when`?",
            "common/x.test.yaml:1: a word too many: when.route is missing: which route is tested?",
            "common/x.test.yaml:4: it cannot fail: then is missing: such a test cannot fail");
  }

  @Test
  void aFolderWithoutTestsEndsWithTwo() {
    assertThat(run().code()).isEqualTo(2);
  }

  private record Said(int code, String out) {}

  private Said run() {
    var out = new ByteArrayOutputStream();
    var stream = new PrintStream(out, true, StandardCharsets.UTF_8);
    var code = new RoutesCommand(stream, System.err).execute(List.of("test", folder.toString()));
    return new Said(code, out.toString(StandardCharsets.UTF_8));
  }

  private void write(String file, String text) throws IOException {
    var path = folder.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }
}
