package io.outpost.house;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.outpost.blackbox.Client;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import io.outpost.local.stripe.Webhooks;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * An installation's own routes receive everything at the extension points. The examples of
 * docs/routes.md run unchanged in a real product.
 */
@ExtendWith(SharedOutpost.class)
@Tag("product")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ExtensionPointsTest {

  private static final Pattern EXAMPLE =
      Pattern.compile("<!-- file: (\\S+) -->\\n+```(?:yaml|json)\\n(.*?)```", Pattern.DOTALL);

  private static final String SECRET = "whsec_of_a_test";
  private static final String REFUND =
      """
      {"id": "evt_refund", "object": "event", "type": "charge.refunded", "created": 1764000000,
       "api_version": "2026-07-29.dahlia",
       "data": {"object": {"id": "ch_1", "object": "charge", "customer": "cus_9", "amount_refunded": 4200}}}""";
  private static final String ADDRESS =
      """
      {"id": "evt_address", "object": "event", "type": "customer.updated", "created": 1764000001,
       "api_version": "2026-07-29.dahlia",
       "data": {"object": {"id": "cus_9", "object": "customer", "email": "new@acme.example"}}}""";
  private static final Map<String, String> STRIPE =
      Map.of("v1/events/evt_refund", REFUND, "v1/events/evt_address", ADDRESS);

  private final EmbeddedAws aws;
  private Path folder;
  private Path files;
  private LocalOutpost local;
  private final LinkedBlockingQueue<String> heard = new LinkedBlockingQueue<>();
  private HttpServer team;

  ExtensionPointsTest(EmbeddedAws aws) {
    this.aws = aws;
  }

  @BeforeAll
  void start(@TempDir Path folder, @TempDir Path files) throws IOException {
    this.folder = folder;
    this.files = files;
    listen();
    mountExamples();
    local = start();
  }

  private void listen() throws IOException {
    team = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    team.createContext("/", this::answer);
    team.start();
  }

  /** Answers as the team's own server, and as a Stripe that knows two events. */
  private void answer(HttpExchange call) throws IOException {
    var path = call.getRequestURI().getPath().substring(1);
    heard.add(
        path + " " + new String(call.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
    var body = STRIPE.getOrDefault(path, path.startsWith("v1/") ? "{}" : "");
    call.sendResponseHeaders(200, 0);
    try (call) {
      call.getResponseBody().write(body.getBytes(StandardCharsets.UTF_8));
    }
  }

  @AfterAll
  void stop() {
    local.close();
    team.stop(0);
  }

  @Test
  void thePagesExamplesHearOfEverything() throws Exception {
    var operator = Client.of(local.address()).with(local.adminKey());
    var free =
        operator
            .post("/tenants", "{\"name\":\"Acme\",\"email\":\"a@acme.example\"}")
            .text("tenant_id");
    var acme =
        operator.with(
            operator.post("/tenants/" + free + "/api-keys", "{\"name\":\"first\"}").text("key"));
    await(line -> line.equals("tenant-changed " + free + " FREE active"));

    var refused =
        acme.post("/jobs", "{\"agent\":\"claude\",\"command\":\"x\",\"workspace\":\"secret-one\"}");
    assertThat(refused.status()).isEqualTo(400);
    assertThat(refused.body())
        .contains("\"field\":\"workspace\"", "names that begin with secret- are reserved");

    var urgent = "{\"agent\":\"claude\",\"command\":\"Say hello\",\"priority\":\"urgent\"}";
    assertThat(acme.post("/jobs", urgent).body())
        .contains("\"field\":\"priority\"", "urgent is for the tier enterprise");
    var enterprise = operator.newTenant("Large");
    var hurried = outOfContract(enterprise, "POST", "/jobs", urgent).get("job_id").asText();
    var last =
        Awaitility.await()
            .until(
                () -> outOfContract(enterprise, "GET", "/jobs/" + hurried, ""),
                job -> job.get("status").asText().equals("succeeded"));
    assertThat(last.get("priority").asText()).isEqualTo("urgent");

    var ended = new ArrayList<String>();
    ended.add(acme.submit("claude", "Say hello") + " succeeded");
    ended.add(acme.submit("claude", "fail 3") + " failed");
    var cancelled = acme.submit("claude", "sleep 60");
    assertThat(acme.delete("/jobs/" + cancelled).status()).isLessThan(300);
    ended.add(cancelled + " cancelled");
    for (var end : ended) {
      await(line -> line.equals("job-ended " + end));
    }
    await(line -> line.startsWith("audit-entry") && line.contains("job.failed"));
    assertThat(Files.readAllLines(files.resolve("audit.ndjson")))
        .anyMatch(line -> line.startsWith("{") && line.contains("job.failed"));

    var echoed = acme.ended(acme.submit("echo", "Say hello"));
    assertThat(echoed.get("status").asText()).isEqualTo("succeeded");
    var id = echoed.get("job_id").asText();
    assertThat(acme.get("/jobs/" + id + "/summary").body())
        .isEqualTo("{\"job_id\": \"%s\", \"status\": \"succeeded\"}".formatted(id));
    assertThat(Client.of(local.address()).get("/jobs/" + id + "/summary").status()).isEqualTo(401);
    assertThat(operator.get("/openapi.json").body()).contains("getJobSummary");
    // Five more jobs make eight or nine of ten, whether or not the cancelled job counts.
    for (int i = 0; i < 5; i++) {
      acme.ended(acme.submit("claude", "Say hello"));
    }
    await(line -> line.equals("quota-reached " + free + " 80"));
  }

  @Test
  void thePagesExampleDoesSomethingAboutARefundAndAnAddressWithTheirData() throws Exception {
    deliver(REFUND);
    await(line -> line.startsWith("v1/customers/cus_9 metadata[refunded]=4200"));
    await(line -> line.equals("stripe-event cus_9 4200"));
    deliver(ADDRESS);
    await(line -> line.equals("stripe-event cus_9 new@acme.example"));
  }

  private void deliver(String event) {
    var signature =
        Webhooks.sign(
            SECRET, Instant.now().getEpochSecond(), event.getBytes(StandardCharsets.UTF_8));
    var answer =
        Client.of(local.address())
            .json("POST", "/webhooks/stripe", event, "Stripe-Signature", signature);
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
  }

  /**
   * Sends without the test client's check against the contract, because these answers contain more.
   */
  private static JsonNode outOfContract(Client client, String method, String path, String body)
      throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(URI.create(client.address() + path))
            .header("Authorization", "Bearer " + client.key())
            .header("Content-Type", "application/json")
            .method(
                method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
            .build();
    return new ObjectMapper().readTree(client.http().send(request, BodyHandlers.ofString()).body());
  }

  private void await(Predicate<String> wanted) throws InterruptedException {
    var others = new ArrayList<String>();
    while (true) {
      var line = heard.poll(3, TimeUnit.MINUTES);
      assertThat(line).as("something was heard, besides %s", others).isNotNull();
      if (wanted.test(line)) {
        heard.addAll(others);
        return;
      }
      others.add(line);
    }
  }

  private void mountExamples() throws IOException {
    var examples = EXAMPLE.matcher(Files.readString(Path.of("docs/routes.md"))).results().toList();
    assertThat(examples).hasSizeGreaterThanOrEqualTo(10);
    for (var example : examples) {
      mount(example.group(1), example.group(2));
    }
  }

  private LocalOutpost start() {
    Map<String, Object> settings = new HashMap<>();
    settings.put("server.port", 0);
    settings.put("outpost.env", "points");
    settings.put("outpost.agents.demo", "always");
    settings.put("outpost.routes", folder.toString());
    settings.put("outpost.stripe.usage-report-interval", "PT1S");
    settings.put("outpost.stripe.api-base", "http://localhost:" + team.getAddress().getPort());
    settings.put("outpost.stripe.secret-key", "sk_test_1");
    settings.put("outpost.stripe.webhook-secrets", SECRET);
    settings.put("outpost.worker.lanes", "urgent=12,high=6,normal=3,low=1");
    settings.put("team.folder", files.toString());
    settings.put("team.address", "http://localhost:" + team.getAddress().getPort());
    return LocalOutpost.on(aws.endpoints(), "local", settings);
  }

  private void mount(String file, String text) throws IOException {
    var path = folder.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }
}
