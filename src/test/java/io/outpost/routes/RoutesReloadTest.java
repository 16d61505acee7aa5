package io.outpost.routes;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
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
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
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
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** A saved file goes live without an interruption, or changes nothing. */
@Tag("product")
@ExtendWith(SharedOutpost.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RoutesReloadTest {

  private static final String PLATFORM = "api/platform.camel.yaml";
  private static final String JOBS = "worker/jobs.camel.yaml";

  private final EmbeddedAws aws;
  private final LinkedBlockingQueue<String> heard = new LinkedBlockingQueue<>();
  private Path folder;
  private Path camelCommand;
  private HttpServer chat;
  private LocalOutpost outpost;
  private Client admin;
  private String unchanged;

  RoutesReloadTest(EmbeddedAws aws) {
    this.aws = aws;
  }

  @BeforeAll
  void start(@TempDir Path routes, @TempDir Path own) throws IOException {
    folder = routes;
    camelCommand = own.resolve(".camel");
    chat = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    chat.createContext(
        "/",
        call -> {
          heard.add(new String(call.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
          call.sendResponseHeaders(204, -1);
          call.close();
        });
    chat.start();
    var home = System.setProperty("user.home", own.toString());
    try {
      outpost = start(folder, LocalOutpost.CAMEL_COMMAND);
    } finally {
      System.setProperty("user.home", home);
    }
    admin = Client.of(outpost.address()).with(outpost.adminKey());
    unchanged = version();
  }

  private LocalOutpost start(Path mounted, Map<String, Object> more) {
    Map<String, Object> settings = new HashMap<>(more);
    settings.put("server.port", 0);
    settings.put("outpost.env", "reload" + Integer.toUnsignedString(folder.hashCode(), 36));
    settings.put("outpost.agents.demo", "always");
    settings.put("outpost.routes", mounted.toString());
    settings.put("team.chat", "http://localhost:" + chat.getAddress().getPort() + "/");
    return LocalOutpost.on(aws.endpoints(), "local", settings);
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

  /** Only a start can find this fault: the number is whole, but too large. */
  @Test
  void aRouteThatCannotStartIsNamedWithItsFileAndOption() throws Exception {
    var good = version();
    var reload = outpost.context().getBean(RoutesReload.class);
    var shipped = new String(RouteFiles.ofJar().get(JOBS), UTF_8);
    save(JOBS, shipped.replaceFirst("waitTimeSeconds: .*", "waitTimeSeconds: 99999999999"));
    await(() -> !reload.refused().isEmpty());
    assertThat(reload.refused().getFirst())
        .hasToString(
            JOBS
                + ":1: run-jobs: the option `waitTimeSeconds` cannot be `99999999999`: For input string: \"99999999999\"");
    assertThat(version()).isEqualTo(good);
    Files.delete(folder.resolve(JOBS));
    await(() -> reload.refused().isEmpty());
  }

  /** Every save is answered in the log, although repeated lines are bounded otherwise. */
  @Test
  void everySaveIsAnswered(@TempDir Path elsewhere) throws Exception {
    var log = (Logger) LoggerFactory.getLogger(RoutesReload.class);
    var written = new ListAppender<ILoggingEvent>();
    var bound = ((Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME)).iteratorForAppenders();
    bound.next().getCopyOfAttachedFiltersList().forEach(written::addFilter);
    written.start();
    log.addAppender(written);
    try {
      for (int i = 1; i <= 5; i++) {
        var times = i;
        var bad = marked("bad").replace("- marshal:", "- marshall:");
        var file = Files.writeString(elsewhere.resolve("bad"), bad);
        Files.createDirectories(folder.resolve(PLATFORM).getParent());
        Files.move(file, folder.resolve(PLATFORM), StandardCopyOption.REPLACE_EXISTING);
        await(() -> said(written, "The routes stay as they were") == times);
        await(() -> said(written, "health: no step `marshall`") == times);
      }
    } finally {
      log.detachAppender(written);
    }
  }

  private static long said(ListAppender<ILoggingEvent> written, String words) {
    return List.copyOf(written.list).stream()
        .filter(line -> line.getFormattedMessage().contains(words))
        .count();
  }

  /** A reload and a start report one mistake of each kind in the same words as the check. */
  @Test
  void everyKindOfMistakeIsToldAsTheCheckTellsIt() throws Exception {
    var reload = outpost.context().getBean(RoutesReload.class);
    for (var mistaken : List.of(MistakenFolder.texts(), MistakenFolder.models())) {
      mistaken.writeInto(folder);
      var said =
          RoutesCommand.check(new MountedFolder(folder)).stream().map(Finding::toString).toList();
      assertThat(said).containsAll(mistaken.findings());
      await(() -> reload.refused().stream().map(Finding::toString).toList().equals(said));
      assertThat(version()).isEqualTo(unchanged);
      assertThatThrownBy(() -> start(folder, Map.of()).close())
          .hasRootCauseInstanceOf(RoutesRefused.class)
          .hasRootCauseMessage(String.join(System.lineSeparator(), said));
      empty();
    }
  }

  @Test
  void whatWouldNotBeReadIsToldThoughNoRouteHasChanged() throws Exception {
    var reload = outpost.context().getBean(RoutesReload.class);
    save("worker/more.yaml", TAP);
    await(() -> !reload.refused().isEmpty());
    assertThat(reload.refused())
        .extracting(Finding::toString)
        .containsExactly("worker/more.yaml:1: is not read: name it more.camel.yaml");
    Files.delete(folder.resolve("worker/more.yaml"));
    Files.createDirectories(folder.resolve("worker/folder.camel.yaml"));
    await(() -> reload.refused().toString().contains("is a folder: routes stand in files"));
    Files.delete(folder.resolve("worker/folder.camel.yaml"));
    await(() -> reload.refused().isEmpty());
  }

  @Test
  void whatIsReadAtAStartAloneIsNotPassedOver() throws Exception {
    var reload = outpost.context().getBean(RoutesReload.class);
    save("contract.yaml", "paths: {}\n");
    await(() -> !reload.refused().isEmpty());
    assertThat(reload.refused())
        .extracting(Finding::toString)
        .containsExactly("contract.yaml:1: takes effect only at a start");
  }

  /**
   * When a fault that the check cannot find stops Camel from creating the routes, none of them goes
   * live.
   */
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
    assertThat(heard.poll(3, TimeUnit.MINUTES)).contains(failed);
    var second = version();
    Files.delete(folder.resolve("worker/tell-team.camel.yaml"));
    awaitChangeFrom(second);
    var job = acme.ended(acme.submit("claude", "fail 3"));
    assertThat(heard).isEmpty();
    assertThat(versionsInTheAuditOf(job)).contains(version()).doesNotContain(second);
  }

  /**
   * Uses Camel's command line protocol: it reads the process's status file and writes an action
   * file.
   */
  @Test
  void theCamelCommandSeesTheRoutesAsTheyAreNow() throws Exception {
    var pid = String.valueOf(ProcessHandle.current().pid());
    save(
        "common/more.camel.yaml",
        """
        - route:
            id: one-more
            description: A route of somebody's own.
            from:
              uri: direct:one-more
              steps:
                - log: { id: say-more, message: more }
        """);
    await(
        () -> {
          var ids = read(camelCommand.resolve(pid + "-status.json")).findValuesAsText("routeId");
          return ids.containsAll(List.of("submit-job", "run-jobs", "one-more"));
        });
    Files.writeString(
        camelCommand.resolve(pid + "-action.json"),
        "{\"action\": \"route-structure\", \"filter\": \"one-more\", \"brief\": \"false\"}");
    await(
        () ->
            read(camelCommand.resolve(pid + "-output.json"))
                .at("/routes/0/routeId")
                .asText()
                .equals("one-more"));
  }

  /** Reads a file of the command; a missing node while the file is being written. */
  private static JsonNode read(Path file) {
    try {
      return new ObjectMapper().readTree(Files.readString(file));
    } catch (IOException e) {
      return MissingNode.getInstance();
    }
  }

  /**
   * A running job ends in the version of the routes in which it started, even if its lanes change.
   */
  @Test
  void aRunningJobIsNotCut() throws Exception {
    var acme = admin.newTenant("Acme");
    var running = acme.submit("claude", "sleep 6");
    await(() -> acme.get("/jobs/" + running).json().get("status").asText().equals("running"));
    var first = version();
    save(JOBS, ours(JOBS).replace("jobs:{{outpost.worker.lanes}}", "jobs:high=5,normal=4,low=1"));
    awaitChangeFrom(first);
    assertThat(acme.ended(acme.submit("claude", "Say hello")).get("status").asText())
        .isEqualTo("succeeded");
    var ended = acme.ended(running);
    assertThat(ended.get("status").asText()).isEqualTo("succeeded");
    assertThat(ended.get("attempts").asInt()).isEqualTo(1);
  }

  /** Requests are answered while routes are replaced, added, removed and intercepted. */
  @Test
  void everyRequestDuringReloadsIsAnswered() throws Exception {
    var acme = admin.newTenant("Acme");
    var wrong = new ConcurrentLinkedQueue<String>();
    var answered = new AtomicInteger();
    var ends = new AtomicBoolean();
    var clients = new ArrayList<CompletableFuture<Void>>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var path : List.of("/jobs", "/openapi.json")) {
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
    Awaitility.await()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(20))
        .until(condition::getAsBoolean);
  }

  /** Uses another client than the tests', which requires answers that match the contract. */
  private String mark() {
    var request = HttpRequest.newBuilder(URI.create(outpost.address() + "/health")).build();
    try {
      return admin
          .http()
          .send(request, BodyHandlers.discarding())
          .headers()
          .firstValue("Retry-After")
          .orElse("");
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The reloads in the operators' audit: outcome, new version, previous version. */
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

  /** The versions in the entries of the job's transitions, once the last has arrived. */
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
