package io.outpost.routes;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.routes.Vocabulary.Word;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;

/**
 * Properties and variables that routes pass to each other are declared in vocabulary.yaml. This
 * test finds misspelt and unused names and wrong types, and checks the tables in docs/routes.md.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class VocabularyTest {

  private static final Path PAGE = Path.of("docs/routes.md");
  private static final String BEGIN = "<!-- words: begin -->\n";
  private static final String END = "<!-- words: end -->";

  private final Vocabulary vocabulary = Vocabulary.ours();
  private final List<RouteFile> files = new ArrayList<>();
  private String java;

  @BeforeAll
  void read() throws IOException {
    for (var file :
        new PathMatchingResourcePatternResolver().getResources("classpath:routes/*/*.camel.yaml")) {
      files.add(
          RouteFile.parse(
              RouteFile.nameOf(file.getURL().toString()),
              file.getContentAsString(StandardCharsets.UTF_8)));
    }
    var text = new StringBuilder();
    try (var sources = Files.walk(Path.of("src/main/java"))) {
      for (var source : sources.filter(file -> file.toString().endsWith(".java")).toList()) {
        text.append(Files.readString(source));
      }
    }
    java = text.toString();
  }

  @Test
  void everyWordIsDeclaredSetReadAndOfItsType() throws IOException {
    assertThat(faults(vocabulary, files)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ${exchangeProperty.jobb.priority} | the property jobb is not declared
          ${variable.awnser}                | the variable awnser is not declared
          ${bean:jobReader?method=reed}     | the step jobReader.reed is not declared
          """)
  void aMisspeltWordIsFound(String written, String fault) throws IOException {
    var more = new ArrayList<>(files);
    more.add(
        RouteFile.parse(
            "api/x.camel.yaml", "- route:\n    description: \"%s\"\n".formatted(written)));
    assertThat(faults(vocabulary, more)).containsExactly(fault);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          leftOver | text             |      | java | the property leftOver is never set, the property leftOver is never read
          job      | text             | java | java | takes job as class io.outpost.job.Job
          job      | io.outpost.Gone  | java | java | the property job has a type that is not there
          """)
  void aWordThatIsLeftOverOrOfAnotherTypeIsFound(
      String name, String type, String from, String to, String fault) throws IOException {
    Map<String, Word> words = new LinkedHashMap<>(vocabulary.properties());
    words.put(name, new Word(type, "planted", from, to));
    var planted =
        new Vocabulary(words, vocabulary.variables(), null, null, vocabulary.beans(), null, null);
    assertThat(String.join(", ", faults(planted, files))).contains(fault);
  }

  /**
   * Written anew by {@code mvn test -Dtest=VocabularyTest
   * -Dsurefire.args=-Doutpost.write-docs=true}.
   */
  @Test
  void thePageShowsTheWords() throws IOException {
    var page = Files.readString(PAGE);
    var words = new WordTables(vocabulary, files).markdown();
    var begin = page.indexOf(BEGIN) + BEGIN.length();
    var end = page.indexOf(END);
    if (Boolean.getBoolean("outpost.write-docs")) {
      Files.writeString(PAGE, page.substring(0, begin) + words + page.substring(end));
    } else {
      assertThat(page.substring(begin, end)).isEqualTo(words);
    }
  }

  private List<String> faults(Vocabulary words, List<RouteFile> in) throws IOException {
    try (var beans = RoutesCommand.beans()) {
      var factory = beans.getBeanFactory();
      return new VocabularyFaults(
              words,
              in,
              java,
              name -> factory.containsBean(name) ? factory.getType(name, false) : null)
          .find();
    }
  }
}
