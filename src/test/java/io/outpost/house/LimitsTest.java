package io.outpost.house;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.outpost.tenant.Tier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The numbers of docs/limits.md equal those in the contract, in the settings and in {@code Tier}.
 */
class LimitsTest {

  private static final Pattern ROW =
      Pattern.compile("(?m)^\\| ([^|]+) \\| ([0-9]+[A-Za-z]*) \\| [^|]* \\| `([^`]+)` \\|$");

  static Stream<Arguments> limits() throws IOException {
    return ROW.matcher(Files.readString(Path.of("docs/limits.md")))
        .results()
        .map(row -> Arguments.of(row.group(1), row.group(2), row.group(3)));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("limits")
  void theNumberIsTheOneThatHolds(String limit, String number, String where) throws IOException {
    var names = where.split("\\.", -1);
    var found =
        where.startsWith("/")
            ? yaml("/openapi/outpost.yaml").at(where).asText()
            : where.startsWith("Tier.") ? tier(names[1], names[2]) : setting(names);
    assertThat(found).as(limit).isEqualTo(number);
  }

  private static String tier(String name, String limit) {
    var tier = Tier.valueOf(name);
    return Integer.toString(limit.equals("quota") ? tier.quota().orElseThrow() : tier.slots());
  }

  /** The default of a setting that an environment variable may replace. */
  private static String setting(String... names) throws IOException {
    JsonNode node = yaml("/application.yaml");
    for (var name : names) {
      node = node.path(name);
    }
    return node.asText().replaceFirst("^\\$\\{[A-Z_]+:(.*)}$", "$1");
  }

  private static JsonNode yaml(String resource) throws IOException {
    try (var file = LimitsTest.class.getResourceAsStream(resource)) {
      return new ObjectMapper(new YAMLFactory()).readTree(file);
    }
  }
}
