package io.outpost.house;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** An integration engineer changes a flow without building anything: by mounting a folder. */
@ExtendWith(SharedOutpost.class)
class MountedRoutesTest {

  @TempDir Path folder;
  private final EmbeddedAws aws;

  MountedRoutesTest(EmbeddedAws aws) {
    this.aws = aws;
  }

  @Test
  void aFileIsAddedOrReplacesOursOfTheSameName() throws Exception {
    mount(
        "api/platform.camel.yaml",
        ours("api/platform.camel.yaml")
            .replace(
                "- bean: { id: alive, ref: health, method: live }",
                """
                - bean: { id: alive, ref: health, method: live }
                        - setHeader: { name: Retry-After, constant: mounted }\
                """));
    mount(
        "common/more.camel.yaml",
        """
        - route:
            id: one-more
            description: A route that only this installation has.
            from:
              uri: direct:one-more
              steps:
                - log: More
        """);
    mount("worker/not-of-this-role.camel.yaml", "no route at all");
    try (var api = start(folder);
        var http = HttpClient.newHttpClient()) {
      var request = HttpRequest.newBuilder(URI.create(api.address() + "/health")).build();
      var health = http.send(request, BodyHandlers.ofString());
      assertThat(health.statusCode()).isEqualTo(200);
      assertThat(health.headers().firstValue("Retry-After")).contains("mounted");
      assertThat(api.context().getBean(CamelContext.class).getRoute("one-more")).isNotNull();
    }
  }

  @Test
  void aFolderThatIsNotThereStopsTheStart() {
    assertThatThrownBy(() -> start(folder.resolve("nowhere")).close())
        .hasStackTraceContaining("nowhere is not there; mount it, or unset OUTPOST_ROUTES");
  }

  private LocalOutpost start(Path routes) {
    return LocalOutpost.on(
        aws.endpoints(),
        "api",
        Map.of("server.port", 0, "outpost.env", "mounted", "outpost.routes", routes.toString()));
  }

  private void mount(String file, String text) throws IOException {
    var path = folder.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }

  private static String ours(String file) throws IOException {
    try (var text = MountedRoutesTest.class.getResourceAsStream("/routes/" + file)) {
      return new String(text.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
