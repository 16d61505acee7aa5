package io.outpost;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who mistypes a command is shown the commands; a container's start needs none. */
class CommandTest {

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private int run(String line) {
    var arguments = line.isEmpty() ? List.<String>of() : List.of(line.split(" "));
    return Command.run(
            arguments, new PrintStream(out, true, UTF_8), new PrintStream(err, true, UTF_8))
        .orElse(-1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"help", "--help", "-h"})
  void whoAsksIsShownEveryCommand(String line) {
    assertThat(run(line)).isZero();
    assertThat(out.toString(UTF_8))
        .contains("routes check", "routes test", "routes copy", "routes diff")
        .contains("billing check", "verify-audit <tenant>", "SPRING_PROFILES_ACTIVE");
  }

  @ParameterizedTest
  @ValueSource(strings = {"frob", "route check", "verify-audit", "verify-audit a b", "-x"})
  void whatIsNoCommandStartsNothing(String line) {
    assertThat(run(line)).isEqualTo(2);
    assertThat(err.toString(UTF_8)).startsWith("usage: outpost");
    assertThat(out.toString(UTF_8)).isEmpty();
  }

  @Test
  void aContainerStarts() {
    assertThat(run("")).isEqualTo(-1);
    assertThat(run("--server.port=0")).isEqualTo(-1);
    assertThat(run("verify-audit 7bc6dedb-283f-4d1f-ba73-51d4b4d276ba")).isEqualTo(-1);
  }
}
