package io.outpost.routes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every route file can be opened and saved in Kaoto without loss or change. */
class KaotoTest {

  private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

  @TempDir Path folder;

  /** Kaoto keeps only comments before the first entry; other texts must be descriptions. */
  @Test
  void noFileHasACommentThatKaotoWouldDrop() {
    RouteFiles.ofJar()
        .forEach(
            (name, text) -> {
              var lines = new String(text, StandardCharsets.UTF_8).lines().toList();
              var first =
                  lines.stream().filter(line -> !line.startsWith("#")).findFirst().orElse("");
              assertThat(lines.subList(lines.indexOf(first), lines.size()))
                  .as(name)
                  .noneMatch(line -> line.strip().startsWith("#"));
              assertThat(lines).as(name).doesNotContain("#"); // Kaoto would drop what follows
            });
  }

  /** With Kaoto's own serializer, as `.ci/kaoto` installs it. */
  @Test
  void p31AFileThatWasSavedInKaotoMeansTheSame() throws Exception {
    var kaoto = System.getenv("OUTPOST_KAOTO");
    assumeTrue(
        kaoto != null, "OUTPOST_KAOTO names no folder with @kaoto/kaoto; .ci/kaoto makes one");
    var command = new ArrayList<>(List.of("node", "src/test/kaoto/resave.cjs", kaoto));
    var ours = RouteFiles.ofJar();
    for (var file : ours.entrySet()) {
      var copy = folder.resolve(file.getKey());
      Files.createDirectories(copy.getParent());
      Files.write(copy, file.getValue());
      command.add(copy.toString());
    }
    var saving = new ProcessBuilder(command).inheritIO().start();
    assertThat(saving.waitFor(120, TimeUnit.SECONDS)).isTrue();
    assertThat(saving.exitValue()).isZero();
    for (var file : ours.entrySet()) {
      var saved = Files.readString(folder.resolve(file.getKey()));
      var before = new String(file.getValue(), StandardCharsets.UTF_8);
      // Kaoto writes configurations before routes; the order of entries has no meaning.
      assertThat(entries(saved))
          .as(file.getKey())
          .containsExactlyInAnyOrderElementsOf(entries(before));
      assertThat(comments(saved)).as(file.getKey()).isEqualTo(comments(before));
    }
    assertThat(RoutesCommand.check(new MountedFolder(folder))).isEmpty();
  }

  private static List<JsonNode> entries(String text) throws IOException {
    var found = new ArrayList<JsonNode>();
    YAML.readTree(text).forEach(found::add);
    return found;
  }

  private static List<String> comments(String text) {
    return text.lines().takeWhile(line -> line.startsWith("#")).map(String::strip).toList();
  }
}
