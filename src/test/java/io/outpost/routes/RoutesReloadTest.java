package io.outpost.routes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import io.outpost.audit.RoutesVersion;
import io.outpost.blackbox.Client;
import io.outpost.kernel.Ids;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A saved file is live while everything goes on, or it changes nothing. */
@Tag("product")
@ExtendWith(SharedOutpost.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RoutesReloadTest {

  private static final String PLATFORM = "api/platform.camel.yaml";
  private static final String JOBS = "worker/jobs.camel.yaml";

  private final EmbeddedAws aws;
  private final LinkedBlockingQueue<String> heard = new LinkedBlockingQueue<>();
  private Path folder;
  private HttpServer chat;
  private LocalOutpost outpost;
  private Client admin;
  private String unchanged;

  RoutesReloadTest(EmbeddedAws aws) {
    this.aws = aws;
  }

  @BeforeAll
  void start(@TempDir Path routes) throws IOException {
    folder = routes;
    chat = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    chat.createContext(
        "/",
        call -> {
          heard.add(new String(call.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
          call.sendResponseHeaders(204, -1);
          call.close();
        });
    chat.start();
    outpost =
        LocalOutpost.on(
            aws.endpoints(),
            "local",
            Map.of(
                "server.port",
                0,
                "outpost.env",
                "reload" + Integer.toUnsignedString(folder.hashCode(), 36),
                "outpost.agents.demo",
                "always",
                "outpost.routes",
                folder.toString(),
                "team.chat",
                "http://localhost:" + chat.getAddress().getPort() + "/"));
    admin = Client.of(outpost.address()).with(outpost.adminKey());
    unchanged = version();
  }

  @AfterEach
  void empty() throws IOException {
    try (var files = Files.walk(folder)) {
      for (var file : files.filter(Files::isRegularFile).toList()) {
        Files.delete(file);
      }
    }
    var reload = outpost.context().getBean(RoutesReload.class);
    await(() -> version().equals(unchanged) && reload.refused().isEmpty());
  }

  @AfterAll
  void stop() {
    outpost.close();
    chat.stop(0);
  }

  @Test
  void aSavedFileIsLiveAndItsRemovalRestoresOurs() throws Exception {
    var first = version();
    assertThat(admin.get("/health/ready").json().at("/components/routes").asText())
        .isEqualTo(first);
    save(PLATFORM, marked("one"));
    awaitChangeFrom(first);
    assertThat(mark()).isEqualTo("one");
    var second = version();
    save(PLATFORM, marked("two"));
    awaitChangeFrom(second);
    assertThat(mark()).isEqualTo("two");
    await(
        () ->
            admin.get("/health/ready").json().at("/components/routes").asText().equals(version()));
    var third = version();
    Files.delete(folder.resolve(PLATFORM));
    awaitChangeFrom(third);
    assertThat(mark()).isEmpty();
    assertThat(version()).isEqualTo(first);
    await(
        () ->
            audited()
                .containsAll(
                    List.of(
                        "allowed " + second + " " + first,
                        "allowed " + third + " " + second,
                        "allowed " + first + " " + third)));
  }

  @Test
  void aBadSaveChangesNothingAndIsToldAsTheCheckTellsIt() throws Exception {
    var first = version();
    save(PLATFORM, marked("good"));
    awaitChangeFrom(first);
    var good = version();
    var reload = outpost.context().getBean(RoutesReload.class);
    save(PLATFORM, marked("bad").replace("- marshal:", "- marshall:"));
    save(
        "api/more.camel.yaml",
        "- route:\n    id: more\n    from:\n      uri: direct:get-more\n"
            + "      steps:\n        - to: { id: go, uri: direct:nowhere-at-all }\n");
    await(() -> reload.refused().size() > 1);
    assertThat(reload.refused().stream().map(Finding::toString))
        .containsExactlyElementsOf(
            RoutesCommand.check(new MountedFolder(folder)).stream().map(Finding::toString).toList())
        .anyMatch(line -> line.contains("no step `marshall`; did you mean `marshal`?"));
    assertThat(version()).isEqualTo(good);
    assertThat(mark()).isEqualTo("good");
    await(() -> audited().contains("failed " + good + " "));
    save("api/more.camel.yaml", "");
    Files.delete(folder.resolve("api/more.camel.yaml"));
    save(PLATFORM, marked("better"));
    awaitChangeFrom(good);
    assertThat(reload.refused()).isEmpty();
    assertThat(mark()).isEqualTo("better");
  }

  /** What the check cannot see, Camel sees while it makes the routes: then none of them is live. */
  @Test
  void whenOneRouteCannotStartNoneIsReplaced() throws Exception {
    var first = version();
    var reload = outpost.context().getBean(RoutesReload.class);
    save(PLATFORM, marked("half"));
    save(
        "worker/more.camel.yaml",
        """
        - route:
            id: read-nowhere
            description: Cannot start.
            from:
              uri: jobs:nonsense
              steps:
                - log: { id: say-more, message: more }
        """);
    await(() -> !reload.refused().isEmpty());
    assertThat(version()).isEqualTo(first);
    assertThat(mark()).isEmpty();
    assertThat(admin.get("/tenants").status()).isEqualTo(200);
    Files.delete(folder.resolve("worker/more.camel.yaml"));
    awaitChangeFrom(first);
    assertThat(mark()).isEqualTo("half");
  }

  @Test
  void anInterceptionAppliesAndStopsApplying() throws Exception {
    var first = version();
    var page = Files.readString(Path.of("docs/routes.md"));
    var example = page.substring(page.indexOf("- routeConfiguration:\n    id: every-failed-job"));
    save("worker/tell-team.camel.yaml", example.substring(0, example.indexOf("```")));
    awaitChangeFrom(first);
    var acme = admin.newTenant("Acme");
    var failed = acme.submit("claude", "fail 3");
    assertThat(heard.poll(30, TimeUnit.SECONDS)).contains(failed);
    var second = version();
    Files.delete(folder.resolve("worker/tell-team.camel.yaml"));
    awaitChangeFrom(second);
    var job = acme.ended(acme.submit("claude", "fail 3"));
    assertThat(heard).isEmpty();
    assertThat(versionsInTheAuditOf(job)).contains(version()).doesNotContain(second);
  }

  /** A running job ends in the routes that it began in, whatever its lanes have become. */
  @Test
  void aRunningJobIsNotCut() throws Exception {
    var acme = admin.newTenant("Acme");
    var running = acme.submit("claude", "sleep 6");
    await(() -> acme.get("/jobs/" + running).json().get("status").asText().equals("running"));
    var first = version();
    save(JOBS, ours(JOBS).replace("jobs:high=6,normal=3,low=1", "jobs:high=5,normal=4,low=1"));
    awaitChangeFrom(first);
    assertThat(acme.ended(acme.submit("claude", "Say hello")).get("status").asText())
        .isEqualTo("succeeded");
    var ended = acme.ended(running);
    assertThat(ended.get("status").asText()).isEqualTo("succeeded");
    assertThat(ended.get("attempts").asInt()).isEqualTo(1);
  }

  /** Requests that come while routes are replaced, added, removed and intercepted are answered. */
  @Test
  void everyRequestDuringReloadsIsAnswered() throws Exception {
    var acme = admin.newTenant("Acme");
    var wrong = new ConcurrentLinkedQueue<String>();
    var answered = new AtomicInteger();
    var ends = new AtomicBoolean();
    var clients = new ArrayList<CompletableFuture<Void>>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var path : List.of("/jobs", "/health", "/openapi.json")) {
        clients.add(
            CompletableFuture.runAsync(
                () -> {
                  while (!ends.get()) {
                    var answer = acme.get(path);
                    answered.incrementAndGet();
                    if (answer.status() != 200) {
                      wrong.add(path + " " + answer.status() + " " + answer.body());
                    }
                  }
                },
                threads));
      }
      for (int round = 0; round < 2; round++) {
        var before = version();
        save(PLATFORM, marked("round-" + round));
        save("api/jobs.camel.yaml", ours("api/jobs.camel.yaml") + "# " + round + "\n");
        save("common/tap.camel.yaml", TAP);
        awaitChangeFrom(before);
        var between = version();
        Files.delete(folder.resolve("common/tap.camel.yaml"));
        Files.delete(folder.resolve("api/jobs.camel.yaml"));
        awaitChangeFrom(between);
      }
      ends.set(true);
      clients.forEach(CompletableFuture::join);
    }
    assertThat(wrong).isEmpty();
    assertThat(answered.get()).isGreaterThan(50);
  }

  private static final String TAP =
      """
      - routeConfiguration:
          id: every-call-is-heard
          description: Hears of every call.
          interceptFrom:
            - interceptFrom:
                id: hear-calls
                uri: "direct:[a-zA-Z]+"
                steps:
                  - log: { id: say-call, loggingLevel: DEBUG, message: called }
      """;

  private String version() {
    return outpost.context().getBean(RoutesVersion.class).current();
  }

  private void awaitChangeFrom(String version) {
    await(() -> !version().equals(version));
  }

  private static void await(BooleanSupplier condition) {
    for (var end = Instant.now().plusSeconds(30); !condition.getAsBoolean(); ) {
      assertThat(Instant.now()).isBefore(end);
      Thread.onSpinWait();
    }
  }

  private String mark() {
    return admin.get("/health").headers().firstValue("Retry-After").orElse("");
  }

  /** The reloads that the operators' audit tells of: outcome, version, version before. */
  private List<String> audited() {
    var found = new ArrayList<String>();
    admin
        .get("/tenants/" + Ids.OPERATORS + "/audit?action=routes.reload&limit=100")
        .json()
        .get("data")
        .forEach(
            entry ->
                found.add(
                    entry.get("outcome").asText()
                        + " "
                        + entry.at("/metadata/routes").asText()
                        + " "
                        + entry.at("/metadata/was").asText()));
    return found;
  }

  /** Of the entries of its transitions, once the last has come. */
  private Set<String> versionsInTheAuditOf(JsonNode job) {
    var found = new HashSet<String>();
    await(
        () -> {
          var entries = new ArrayList<JsonNode>();
          admin
              .get("/tenants/" + job.get("tenant_id").asText() + "/audit")
              .json()
              .get("data")
              .forEach(entries::add);
          entries.removeIf(
              entry ->
                  !entry.get("action").asText().startsWith("job.")
                      || !entry.get("resource").asText().endsWith(job.get("job_id").asText()));
          entries.forEach(entry -> found.add(entry.at("/metadata/routes").asText()));
          return entries.size() >= 2;
        });
    return found;
  }

  private static String marked(String mark) throws IOException {
    return ours(PLATFORM)
        .replace(
            "- bean: { id: answer-alive, ref: health, method: live }",
            """
            - bean: { id: answer-alive, ref: health, method: live }
                    - setHeader: { name: Retry-After, constant: %s }\
            """
                .formatted(mark));
  }

  private void save(String file, String text) throws IOException {
    var path = folder.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }

  private static String ours(String file) throws IOException {
    try (var text = RoutesReloadTest.class.getResourceAsStream("/routes/" + file)) {
      return new String(text.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
