package io.outpost.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.local.EmbeddedAws;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When the first command fails, it prints one line with the remedy. */
@Tag("product")
class StartUpFailuresTest {

  @TempDir Path folder;

  @Test
  void aTakenPortIsNamed() throws Exception {
    try (var taken = new ServerSocket(0)) {
      var port = String.valueOf(taken.getLocalPort());
      assertOneLine(
          Map.of("SERVER_PORT", port), "port " + port + " is taken", "choose another: SERVER_PORT");
    }
  }

  @Test
  void aDataFolderInUseIsNamed() throws Exception {
    var data = folder.resolve("data");
    try (var other = EmbeddedAws.start(Optional.of(data))) {
      assertOneLine(
          Map.of("OUTPOST_LOCAL_DATA", data.toString()),
          data + " is used by another Outpost",
          "choose another folder: OUTPOST_LOCAL_DATA");
    }
  }

  private void assertOneLine(Map<String, String> environment, String... parts)
      throws IOException, InterruptedException {
    try (var outpost = OutpostProcess.start(folder, environment)) {
      assertThat(outpost.awaitExit()).isEqualTo(1);
      assertThat(outpost.said()).hasSize(1);
      assertThat(outpost.said().getFirst()).startsWith("Outpost did not start: ").contains(parts);
      assertThat(outpost.printed()).doesNotContain("\tat ", "Exception");
    }
  }
}
