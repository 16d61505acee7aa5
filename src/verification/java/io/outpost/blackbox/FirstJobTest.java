package io.outpost.blackbox;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A new user who starts Outpost and pastes the printed commands gets an agent's output. */
@Tag("product")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FirstJobTest {

  private static final String OUTPUT = "demo claude: no model is called; this is what I was asked:";

  private Path folder;
  private OutpostProcess outpost;

  @BeforeAll
  void start(@TempDir Path empty) throws IOException {
    folder = empty;
    Files.createDirectory(folder.resolve("target"));
    outpost = OutpostProcess.start(folder, Map.of());
    outpost.awaitReady();
  }

  @AfterAll
  void stop() {
    outpost.close();
  }

  @Test
  void theReadmesLinesEndWithWhatTheReadmeShows() throws Exception {
    var chapter = chapter(Files.readString(Path.of("README.md")), "## A first job");
    var output = blocks(chapter, "text").getFirst();
    var printed = pasted(String.join("", blocks(chapter, "bash")), output);

    assertThat(printed).contains(OUTPUT);
    var job = json(printed.substring(output.length()));
    var shown = json(blocks(chapter, "json").getFirst());
    // The page may lack fields that were added later.
    assertThat(job.fieldNames()).toIterable().containsAll(shown::fieldNames);
    assertThat(job.get("command")).isEqualTo(shown.get("command"));
  }

  @Test
  void theLinesThatTheStartPrintsEndWithTheAgentsOutput() throws Exception {
    var lines =
        outpost.printed().lines().filter(line -> line.startsWith("  ")).collect(joining("\n"));
    assertThat(lines).contains("export OUTPOST=", "curl");
    var unused = pasted(lines, OUTPUT);
  }

  @Test
  void theFileWithTheOperatorsKeyIsItsOwnersOnly() throws IOException {
    assertThat(Files.getPosixFilePermissions(folder.resolve("target/outpost.env")))
        .containsExactlyInAnyOrder(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);
  }

  /** Runs the commands of each page in its own shell, with the programs that the page requires. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          quickstart | "status": "succeeded"(?s:.*)task.txt [0-9]+(?s:.*)has ended already
          api | "status":202(?s:.*)"status":202
          live-output | (?i:x-output-complete: true)(?s:.*)event: end
          webhooks | "secret":"whsec_
          """)
  void whatThePagesForCustomersShowWorks(String page, String shown) throws Exception {
    assumeTrue(hasJq(), "skipped: jq, which the pages use, is not installed");
    var scopes = "[\"jobs:read\",\"jobs:write\",\"tenant:read\",\"tenant:write\",\"secrets:write\"]";
    var before =
        """
        . target/outpost.env
        post() { curl -s "$OUTPOST$1" -H "Authorization: Bearer $2" -H "Content-Type: application/json" -d "$3"; }
        TENANT=$(post /tenants $ADMIN '{"name":"Acme","email":"dev@acme.example"}' | jq -r .tenant_id)
        KEY=$(post /tenants/$TENANT/api-keys $ADMIN '{"name":"page","scopes":%s}' | jq -r .key)
        JOB=$(post /jobs $KEY '{"agent":"claude","command":"Say hello"}' | jq -r .job_id)
        printf 'id,sum\n1,20\n' > orders.csv
        """
            .formatted(scopes);
    var lines = blocks(Files.readString(Path.of("docs/" + page + ".md")), "bash");
    assertThat(lines).isNotEmpty();
    assertThat(bash(before + String.join("", lines)))
        .containsPattern(shown)
        .doesNotContain("outpost.dev/problems/", "command not found", "jq: error");
  }

  private static boolean hasJq() throws InterruptedException {
    try {
      return new ProcessBuilder("jq", "--version").start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  /** Runs lines that wait for a job; repeats them if a busy machine needs longer. */
  private String pasted(String lines, String start) {
    return await()
        .until(() -> bash(lines), printed -> printed.startsWith(start));
  }

  /** Runs lines in a shell in the folder; returns their output. */
  private String bash(String lines) throws IOException, InterruptedException {
    var script = Files.writeString(Files.createTempFile(folder, "pasted", ".txt"), lines + "\n");
    var printed = Files.createTempFile(folder, "printed", ".txt");
    var shell =
        new ProcessBuilder("bash")
            .directory(folder.toFile())
            .redirectInput(script.toFile())
            .redirectErrorStream(true)
            .redirectOutput(printed.toFile())
            .start();
    assertThat(shell.waitFor(3, TimeUnit.MINUTES)).isTrue();
    return Files.readString(printed);
  }

  private static String chapter(String text, String title) {
    var from = text.indexOf(title + "\n");
    return text.substring(from, text.indexOf("\n## ", from));
  }

  private static List<String> blocks(String text, String language) {
    return Pattern.compile("```" + language + "\n(.*?)```", Pattern.DOTALL)
        .matcher(text)
        .results()
        .map(block -> block.group(1))
        .toList();
  }

  private static JsonNode json(String text) throws IOException {
    return new ObjectMapper().readTree(text);
  }
}
