package io.outpost.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * {@code mvn test} stays fast, because people wait for it: a test that starts the product, or
 * processes of its own, is tagged {@code product} and runs only in {@code mvn verify}.
 */
class TestKindsTest {

  private static final Pattern STARTS =
      Pattern.compile(
          "@ExtendWith\\(\\{?(?:Shared|Impatient)Outpost"
              + "|\\b(?:EmbeddedAws|LocalOutpost|TwoApis|OutpostProcess|BillingApi)\\b");

  @Test
  void aTestThatStartsTheProductIsTagged() throws IOException {
    try (var tests =
        Stream.of("src/test/java", "src/verification/java").map(Path::of).flatMap(this::testsOf)) {
      assertThat(tests.filter(this::startsUntagged)).isEmpty();
    }
  }

  private Stream<Path> testsOf(Path root) {
    try {
      return Files.walk(root)
          .filter(f -> f.getFileName().toString().matches("(?:.*Test|P[0-9].*)\\.java"))
          .filter(f -> !f.endsWith("TestKindsTest.java"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private boolean startsUntagged(Path test) {
    try {
      var source = Files.readString(test);
      return STARTS.matcher(source).find() && !source.contains("@Tag(\"product\")");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
