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
 * After an upgrade {@code diff} lists the changes of the shipped files that were copied, and
 * nothing else.
 */
class RoutesDiffTest {

  private static final String JOBS = "worker/jobs.camel.yaml";

  @TempDir Path folder;
  private String out;
  private String err;

  @Test
  void aFreshCopyHasNothingToTakeOver() throws IOException {
    assertThat(run("copy", JOBS, folder.toString())).isZero();
    assertThat(err).startsWith("copied " + JOBS + " into " + folder);
    assertThat(folder.resolve(JOBS)).exists();
    Files.writeString(
        folder.resolve(JOBS),
        Files.readString(folder.resolve(JOBS)).replace("{{outpost.worker.lanes}}", "high=9,low=1"));
    assertThat(run("diff", folder.toString())).isZero();
    assertThat(out).isEmpty();
    assertThat(run("check", folder.toString())).isZero();
  }

  /** The copy is made to look like one of an older release that differs in two places. */
  @Test
  void whatOfOursChangedSinceIsNamedByLineAndRoute() throws IOException {
    run("copy", JOBS, folder.toString());
    var base = folder.resolve(".base").resolve(JOBS);
    var ours = Files.readString(base);
    Files.writeString(
        base,
        ours.replace("jobs:{{outpost.worker.lanes}}", "jobs:high=5,normal=3,low=2")
            .replace(
                "        - bean: { id: hear-secret-changes, ref: secretChanges, method: catchUp }\n",
                ""));
    assertThat(run("diff", folder.toString())).isOne();
    assertThat(out.lines())
        .containsExactly(
            JOBS
                + ":%d: run-jobs: ours was: `uri: \"jobs:high=5,normal=3,low=2\"` and is: `uri: \"jobs:{{outpost.worker.lanes}}\"`"
                    .formatted(lineOf(ours, "jobs:{{outpost.worker")),
            JOBS
                + ":%d: run-agent: new in ours: `- bean: { id: hear-secret-changes, ref: secretChanges, method: catchUp }`"
                    .formatted(lineOf(ours, "hear-secret-changes")));
    var mine = Files.readString(folder.resolve(JOBS)) + "# mine\n";
    Files.writeString(folder.resolve(JOBS), mine);
    assertThat(run("copy", JOBS, folder.toString())).isZero();
    assertThat(err).startsWith("kept your " + JOBS);
    assertThat(Files.readString(folder.resolve(JOBS))).isEqualTo(mine);
    assertThat(run("diff", folder.toString())).isZero();
  }

  @Test
  void aCopyThatNobodyKnowsTheBaseOfIsNamed() throws IOException {
    Files.createDirectories(folder.resolve("worker"));
    Files.writeString(folder.resolve(JOBS), "- route: {}\n");
    Files.writeString(folder.resolve("worker/mine.camel.yaml"), "");
    assertThat(run("diff", folder.toString())).isOne();
    assertThat(out)
        .startsWith(
            JOBS + ":1: it is unknown which shipped text this was copied from: run `outpost");
    assertThat(out.lines()).hasSize(1);
  }

  @Test
  void itCannotRunWithoutAFolder() {
    assertThat(run("diff", folder.resolve("nowhere").toString())).isEqualTo(2);
    assertThat(err).contains("nowhere is not there");
    assertThat(run("copy", "worker/job.camel.yaml", folder.toString())).isEqualTo(2);
    assertThat(err).contains("did you mean `worker/jobs.camel.yaml`?");
    assertThat(run("copy", JOBS)).isEqualTo(2);
    assertThat(err).contains("usage: ");
  }

  private static int lineOf(String text, String part) {
    return (int) text.substring(0, text.indexOf(part)).lines().count();
  }

  private int run(String... arguments) {
    var output = new ByteArrayOutputStream();
    var errors = new ByteArrayOutputStream();
    var code =
        new RoutesCommand(
                new PrintStream(output, true, StandardCharsets.UTF_8),
                new PrintStream(errors, true, StandardCharsets.UTF_8))
            .execute(List.of(arguments));
    out = output.toString(StandardCharsets.UTF_8);
    err = errors.toString(StandardCharsets.UTF_8);
    return code;
  }
}
