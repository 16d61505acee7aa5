package io.outpost.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands of the guide for first readers work as printed. */
@Tag("product")
class RoutesGuideTest {

  private static final String BLOCK = "```sh\n";

  @TempDir Path checkout;

  @Test
  void theCommandsOfTheGuideWork() throws Exception {
    var page = Files.readString(Path.of("docs/routes.md"));
    var guide = page.substring(page.indexOf("## In twenty minutes"));
    guide = guide.substring(0, guide.indexOf("\n## ", 3));
    var commands =
        java.util.Arrays.stream(guide.split(BLOCK, -1))
            .skip(1)
            .map(block -> block.substring(0, block.indexOf("```")))
            .collect(Collectors.joining("\n"));
    var outpost = checkout.resolve("outpost");
    Files.writeString(
        outpost,
        "#!/bin/sh\nexec \"%s/bin/java\" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp \"%s\" io.outpost.Outpost \"$@\"\n"
            .formatted(System.getProperty("java.home"), System.getProperty("java.class.path")));
    assertThat(outpost.toFile().setExecutable(true)).isTrue();
    var log = checkout.resolve("log");
    var shell =
        new ProcessBuilder("bash", "-euc", commands)
            .directory(checkout.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    assertThat(shell.waitFor(300, TimeUnit.SECONDS)).isTrue();
    assertThat(shell.exitValue()).as(Files.readString(log)).isZero();
    assertThat(Files.readString(log)).contains("nothing is wrong", "1 tests, 0 found");
    assertThat(checkout.resolve("my-routes/worker/jobs.camel.yaml"))
        .content()
        .contains("backOffMultiplier: 3");
  }
}
