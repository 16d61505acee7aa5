package io.outpost.house;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.kernel.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The links, the names of tests and the tables in the pages match the repository. */
class DocsTest {

  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#]+)[^)]*\\)");
  private static final Pattern TEST = Pattern.compile("`(\\w+Test)`");
  private static final Pattern CODE_ROW = Pattern.compile("(?m)^\\| `([a-z-]+)` \\| (\\d{3}) \\|");

  static List<Path> pages() throws IOException {
    try (var root = Files.list(Path.of(""));
        var docs = Files.walk(Path.of("docs"))) {
      return Stream.concat(root, docs).filter(file -> file.toString().endsWith(".md")).toList();
    }
  }

  @ParameterizedTest
  @MethodSource("pages")
  void everyLinkToAFileLeadsSomewhere(Path page) throws IOException {
    var folder = page.toAbsolutePath().getParent();
    assertThat(LINK.matcher(Files.readString(page)).results().map(link -> link.group(1)))
        .as(page.toString())
        .filteredOn(target -> !target.contains("://"))
        .allSatisfy(target -> assertThat(folder.resolve(target)).exists());
  }

  @Test
  void everyTestThatAPageNamesExists() throws IOException {
    try (var sources = Files.walk(Path.of("src"))) {
      var tests =
          sources
              .map(file -> file.getFileName().toString())
              .filter(name -> name.endsWith(".java"))
              .map(name -> name.substring(0, name.length() - ".java".length()))
              .toList();
      for (var page : pages()) {
        assertThat(tests)
            .as(page.toString())
            .containsAll(
                TEST.matcher(Files.readString(page)).results().map(t -> t.group(1)).toList());
      }
    }
  }

  /** A dash means that the event cannot occur in that state. */
  @Test
  void everyCellOfTheJobsTableNamesATest() throws IOException {
    var page = Files.readString(Path.of("docs/architecture.md"));
    var chapter = page.substring(page.indexOf("## Every state of a job"));
    var rows =
        chapter.substring(0, chapter.indexOf("\n## ")).lines().filter(row -> row.startsWith("| "));
    assertThat(rows.skip(2))
        .hasSizeGreaterThan(10)
        .allSatisfy(
            row -> {
              var cells = List.of(row.split(" \\| "));
              assertThat(cells).as(row).hasSize(4);
              assertThat(cells.subList(1, 4))
                  .allMatch(cell -> cell.startsWith("–") || TEST.matcher(cell).find());
            });
  }

  @Test
  void theApisPageListsTheErrorCodesThatThereAre() throws IOException {
    var rows =
        CODE_ROW
            .matcher(Files.readString(Path.of("docs/api.md")))
            .results()
            .map(row -> row.group(1) + " " + row.group(2));
    assertThat(rows)
        .containsExactlyInAnyOrderElementsOf(
            Arrays.stream(Problem.Code.values())
                .map(code -> code.slug() + " " + code.status())
                .toList());
  }
}
