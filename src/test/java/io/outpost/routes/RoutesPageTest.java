package io.outpost.routes;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.blackbox.Client;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The page of the routes shows operators, and nobody else, the running routes, without secrets. */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class RoutesPageTest {

  private static final String THEIRS =
      """
      - route:
          id: mine
          description: "Sends <script>alert(1)</script> home."
          from:
            uri: direct:get-mine
            steps:
              - setHeader: { id: set-token, name: api-token, constant: x }
              - log: { id: say-mine, message: "password: hunter22 sk_live_abcdefgh <b>&" }
      """;

  @TempDir Path folder;
  private final EmbeddedAws aws;

  RoutesPageTest(EmbeddedAws aws) {
    this.aws = aws;
  }

  @Test
  void theLocalProfileShowsThePageBesideTheApi() throws Exception {
    Files.createDirectories(folder.resolve("common"));
    Files.writeString(folder.resolve("common/mine.camel.yaml"), THEIRS);
    try (var outpost = start("local", Map.of())) {
      var admin = Client.of(outpost.address()).with(outpost.adminKey());
      var acme = admin.newTenant("Acme");
      acme.ended(acme.submit("claude", "Say hello"));
      var page = Client.of(outpost.address()).get("/routes");
      assertThat(page.status()).isEqualTo(200);
      Files.writeString(Path.of("target/routes-page.html"), page.body()); // for a look at it
      assertThat(page.headers().allValues("Content-Security-Policy"))
          .singleElement()
          .asString()
          .startsWith("default-src 'none'; style-src 'sha256-");
      assertThat(page.body())
          .contains(
              "id=\"submit-job\"", "<svg", "common/mine.camel.yaml <span class=\"mark yours\">")
          .contains("api/jobs.camel.yaml <span class=\"mark\">ours")
          .contains("Sends &lt;script&gt;alert(1)&lt;/script&gt; home.")
          .contains("password: [hidden]")
          .doesNotContain("<script", "hunter22", "sk_live_", outpost.adminKey());
      assertThat(counts(page.body(), "submit-job")).isEqualTo("1 0");
      assertThat(counts(page.body(), "run-job")).isEqualTo("1 0");
    }
  }

  @Test
  void elsewhereItIsOnTheManagementPortAlone() {
    try (var outpost = start("api", Map.of("management.server.port", 0))) {
      var management =
          outpost.context().getEnvironment().getRequiredProperty("local.management.port");
      var page = Client.of("http://localhost:" + management).get("/routes");
      assertThat(page.status()).isEqualTo(200);
      assertThat(page.header("Content-Type")).startsWith("text/html");
      assertThat(page.body()).contains("id=\"submit-job\"", "Content-Security-Policy");
      assertThat(Client.of(outpost.address()).get("/routes").status()).isEqualTo(404);
    }
  }

  /** The numbers of messages and failures of a route. */
  private static String counts(String page, String route) {
    var row = page.substring(page.indexOf("<tr id=\"" + route + "\""));
    var numbers = row.substring(row.indexOf("</details>"));
    return numbers
        .substring(0, numbers.indexOf("data-name=\"mean\""))
        .replaceAll("<[^>]*>?", " ")
        .strip()
        .replaceAll("\\s+", " ");
  }

  private LocalOutpost start(String profile, Map<String, Object> more) {
    Map<String, Object> settings = new java.util.HashMap<>(more);
    settings.put("server.port", 0);
    settings.put("outpost.env", "page");
    settings.put("outpost.agents.demo", "always");
    settings.put("outpost.routes", folder.toString());
    return LocalOutpost.on(aws.endpoints(), profile, settings);
  }
}
