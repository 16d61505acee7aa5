package io.outpost.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** A failed start prints one sentence with the remedy. */
@Tag("product")
@ExtendWith({SharedOutpost.class, OutputCaptureExtension.class})
class StartupFailureTest {

  private final EmbeddedAws aws;

  StartupFailureTest(EmbeddedAws aws) {
    this.aws = aws;
  }

  @Test
  void aBrokenRouteFileIsNamedWithItsLine(@TempDir Path folder) throws IOException {
    var file = Files.writeString(folder.resolve("broken.camel.yaml"), "- route:\n    idd: x\n");
    var patterns = "classpath:routes/common/*.camel.yaml," + file.toUri();
    assertThat(told("camel.main.routes-include-pattern", patterns))
        .contains("broken.camel.yaml, line 2, column 5", "idd", "docs/routes.md");
  }

  @Test
  void aMalformedAdminKeyIsNamedButNotShown(CapturedOutput printed) {
    assertThat(told("outpost.auth.bootstrap-admin-key", "op_live_mistyped"))
        .contains("OUTPOST_BOOTSTRAP_ADMIN_KEY is malformed", "32 lower-case hex digits")
        .doesNotContain("mistyped");
    assertThat(printed.getAll()).doesNotContain("mistyped");
  }

  private String told(String setting, String value) {
    var settings = Map.<String, Object>of("server.port", 0, setting, value);
    var failure = catchThrowable(() -> LocalOutpost.on(aws.endpoints(), "local", settings).close());
    return StartupFailure.explain(failure);
  }
}
