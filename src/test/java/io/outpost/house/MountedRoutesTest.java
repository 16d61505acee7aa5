package io.outpost.house;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.micrometer.core.instrument.MeterRegistry;
import io.outpost.blackbox.Client;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.camel.CamelContext;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Integration engineers change a flow without a build, by mounting a folder of routes. The product
 * runs on embedded AWS with such a folder.
 */
@Tag("product")
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
                "- bean: { id: answer-alive, ref: health, method: live }",
                """
                - bean: { id: answer-alive, ref: health, method: live }
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
    try (var api = start("api", folder, Map.of());
        var http = HttpClient.newHttpClient()) {
      var request = HttpRequest.newBuilder(URI.create(api.address() + "/health")).build();
      var health = http.send(request, BodyHandlers.ofString());
      assertThat(health.statusCode()).isEqualTo(200);
      assertThat(health.headers().firstValue("Retry-After")).contains("mounted");
      assertThat(api.context().getBean(CamelContext.class).getRoute("one-more")).isNotNull();
    }
  }

  /** Runs the page's example unchanged, with an HTTP server as the chat. */
  @Test
  void theTeamHearsOfAFailedJobAsTheRoutesPageShows() throws Exception {
    var page = Files.readString(Path.of("docs/routes.md"));
    var example = page.substring(page.indexOf("```yaml\n") + 8);
    mount("worker/tell-team.camel.yaml", example.substring(0, example.indexOf("```")));
    var heard = new LinkedBlockingQueue<String>();
    var chat = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    chat.createContext(
        "/",
        call -> {
          heard.add(new String(call.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
          call.sendResponseHeaders(204, -1);
          call.close();
        });
    chat.start();
    try (var local =
        start(
            "local",
            folder,
            Map.of("team.chat", "http://localhost:" + chat.getAddress().getPort() + "/"))) {
      var acme = Client.of(local.address()).with(local.adminKey()).newTenant("Acme");
      acme.submit("claude", "Say hello");
      var failed = acme.submit("claude", "fail 3");
      assertThat(heard.poll(3, TimeUnit.MINUTES))
          .isEqualTo(
              "{\"text\":\"Job %s failed: The agent exited with code 3.\"}".formatted(failed));
      acme.ended(failed);
      assertThat(heard).isEmpty();
    } finally {
      chat.stop(0);
    }
  }

  /** Kaoto gives a configuration without an id a new id; that must not switch admission off. */
  @Test
  void p31AdmissionUnderAnotherIdIsRefused() throws Exception {
    mount(
        "api/admission.camel.yaml",
        ours("api/admission.camel.yaml")
            .replace("every-operation-is-admitted", "routeConfiguration-3210"));
    assertThatThrownBy(() -> start("api", folder, Map.of()).close())
        .hasStackTraceContaining(
            "the operation `listTenants` does not pass admission: a configuration whose id begins"
                + " with every- must intercept direct:listTenants and call direct:admit-request");
  }

  /**
   * An interception runs beside the flow, so its faults and waits do no harm; its failures are
   * counted under its name.
   */
  @Test
  void p32AFaultInAnInterceptionHarmsNoFlow() throws Exception {
    var neverAnswers = new CountDownLatch(1);
    var slow = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    slow.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    slow.createContext(
        "/",
        call -> {
          try {
            neverAnswers.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          call.close();
        });
    slow.start();
    mount(
        "common/taps.camel.yaml",
        """
        - routeConfiguration:
            id: every-transition-is-watched
            interceptFrom:
              - interceptFrom:
                  id: fail-at-transitions
                  uri: direct:record-transition
                  steps:
                    - throwException:
                        id: fail-here
                        exceptionType: java.lang.IllegalStateException
                        message: broken
              - interceptFrom:
                  id: wait-at-submissions
                  uri: direct:submitJob
                  steps:
                    - removeHeaders: { pattern: "*" }
                    - to: { id: ask-slow-end, uri: "{{slow.end}}" }
        """);
    try (var local =
        start(
            "local",
            folder,
            Map.of("slow.end", "http://localhost:" + slow.getAddress().getPort() + "/"))) {
      var acme = Client.of(local.address()).with(local.adminKey()).newTenant("Acme");
      assertThat(acme.ended(acme.submit("claude", "Say hello")).get("status").asText())
          .isEqualTo("succeeded");
      var failures =
          local
              .context()
              .getBean(MeterRegistry.class)
              .counter(
                  "outpost.route.failures",
                  "route",
                  "watch-fail-at-transitions",
                  "step",
                  "fail-here");
      await().until(() -> failures.count() > 0);
    } finally {
      neverAnswers.countDown();
      slow.stop(0);
    }
  }

  @Test
  void aFolderThatIsNotThereStopsTheStart() {
    assertThatThrownBy(() -> start("api", folder.resolve("nowhere"), Map.of()).close())
        .hasStackTraceContaining("nowhere is not there; mount it, or unset OUTPOST_ROUTES");
  }

  private LocalOutpost start(String profile, Path routes, Map<String, Object> more) {
    Map<String, Object> settings = new HashMap<>(more);
    settings.put("server.port", 0);
    settings.put("outpost.env", "mounted");
    settings.put("outpost.agents.demo", "always");
    settings.put("outpost.routes", routes.toString());
    return LocalOutpost.on(aws.endpoints(), profile, settings);
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
