package io.outpost.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** docs/promises.md lists exactly the promises that have a test, each with its tests. */
class PromisesTest {

  private static final Pattern NAME = Pattern.compile("P(\\d\\d)\\w*Test");

  @Test
  void everyPromiseNamesItsTestsAndEveryNumberedTestItsPromise() throws IOException {
    assertThat(promised()).containsExactlyInAnyOrderElementsOf(tests());
  }

  @Test
  void aTestStandsInTheRowOfItsNumber() throws IOException {
    assertThat(rows())
        .hasSizeGreaterThan(20)
        .allSatisfy(
            row -> {
              var number = Integer.parseInt(row.split("\\|")[1].strip());
              assertThat(NAME.matcher(row).results().map(name -> Integer.parseInt(name.group(1))))
                  .as(row)
                  .isNotEmpty()
                  .allMatch(named -> named == number);
            });
  }

  private static List<String> promised() throws IOException {
    return rows().stream()
        .flatMap(row -> NAME.matcher(row).results().map(name -> name.group()))
        .toList();
  }

  private static List<String> rows() throws IOException {
    return Files.readString(Path.of("docs/promises.md"))
        .lines()
        .filter(line -> line.matches("\\| \\d+ \\|.*"))
        .toList();
  }

  private static List<String> tests() throws IOException {
    try (var sources = Files.walk(Path.of("src"))) {
      return sources
          .map(file -> file.getFileName().toString().replace(".java", ""))
          .filter(name -> NAME.matcher(name).matches())
          .collect(Collectors.toList());
    }
  }
}
