package io.outpost.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpServer;
import io.outpost.blackbox.Client;
import io.outpost.blackbox.Customer;
import io.outpost.blackbox.Ports;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The examples of docs/auth.md work as the page says. nginx and the Lambda authorizer run where
 * nginx and Python are installed; for Envoy, the test sends the request that Envoy would send.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class GatewayExamplesTest {

  private static final Path PAGE = Path.of("docs", "auth.md");
  private static final Duration SOON = Duration.ofMinutes(3);
  private static final String UNKNOWN = "op_live_" + "e".repeat(32);

  @TempDir private Path folder;

  private final String outpost;
  private final Client admin;
  private final Customer customer;

  GatewayExamplesTest(LocalOutpost outpost) {
    this.outpost = outpost.address();
    this.admin = Client.of(outpost.address()).with(outpost.adminKey());
    this.customer = Customer.of(admin, "pro");
  }

  @Test
  void nginxLetsGoodKeysThroughAndTellsWhoseTheyAre() throws Exception {
    assumeTrue(isInstalled("nginx"), "nginx is not installed");
    var seen = new LinkedBlockingQueue<Headers>();
    var upstream = upstream(seen);
    var port = Ports.free();
    var nginx = nginx(port, upstream.getAddress().getPort());
    try {
      var gateway = customer.client().at("http://127.0.0.1:" + port);
      await().ignoreExceptions().until(() -> gateway.get("/up").status() == 200);
      seen.clear();
      var forged =
          gateway.json("POST", "/some/path?a=b", "{\"x\":1}", "X-Outpost-Tenant", "forged");
      assertThat(forged.status()).isEqualTo(200);
      var headers = seen.poll(3, TimeUnit.MINUTES);
      assertThat(headers.get("X-Outpost-Tenant")).containsExactly(customer.tenantId());
      assertThat(headers.getFirst("X-Outpost-Scopes").split(" "))
          .containsExactlyInAnyOrderElementsOf(Customer.SCOPES);
      assertThat(gateway.with(UNKNOWN).get("/some/path").status()).isEqualTo(401);
      assertThat(gateway.with(null).get("/some/path").status()).isEqualTo(401);
      admin.patch(customer.path(""), "{\"status\":\"suspended\"}");
      assertThat(gateway.get("/some/path").status()).isEqualTo(403);
      assertThat(seen).isEmpty();
    } finally {
      nginx.destroy();
      nginx.waitFor();
      upstream.stop(0);
    }
  }

  @Test
  void nginxPassesOnThatTheRateLimitIsReached() throws Exception {
    assumeTrue(isInstalled("nginx"), "nginx is not installed");
    var slow = Customer.newKey(admin, customer.tenantId(), "\"rate_limit_per_minute\":1");
    var port = Ports.free();
    var nginx = nginx(port, Ports.free());
    try {
      var gateway = admin.with(slow.text("key")).at("http://127.0.0.1:" + port);
      await().ignoreExceptions().until(() -> gateway.get("/up").status() == 429);
    } finally {
      nginx.destroy();
      nginx.waitFor();
    }
  }

  @Test
  void theLambdaAuthorizerReturnsThePolicyOrRefuses() throws Exception {
    assumeTrue(isInstalled("python3"), "Python is not installed");
    Files.writeString(folder.resolve("authorizer.py"), block("python"));
    var policy = authorize("Bearer " + customer.client().key());
    assertThat(policy.get("principalId").asText()).isEqualTo(customer.tenantId());
    assertThat(policy.at("/policyDocument/Statement/0/Effect").asText()).isEqualTo("Allow");
    assertThat(policy.at("/context/tenant").asText()).isEqualTo(customer.tenantId());
    assertThat(authorize("Bearer " + UNKNOWN).asText()).isEqualTo("Unauthorized");
    assertThat(authorize("").asText()).isEqualTo("Unauthorized");
    admin.patch(customer.path(""), "{\"status\":\"suspended\"}");
    assertThat(authorize("Bearer " + customer.client().key()).asText())
        .isEqualTo("Outpost answered 403");
  }

  /**
   * Envoy sends the request's method, and the prefix followed by the request's path, without a
   * body.
   */
  @ParameterizedTest
  @CsvSource({
    "GET, /",
    "POST, /orders?limit=900&limit=x",
    "PUT, /a/b%20c",
    "DELETE, /jobs/1",
    "PATCH, /tenants",
    "OPTIONS, /x",
    "HEAD, /health"
  })
  void envoysQuestionIsAnsweredWhateverTheRequest(String method, String path) throws Exception {
    var filter =
        new ObjectMapper(new YAMLFactory())
            .readTree(block("yaml"))
            .at("/http_filters/0/typed_config");
    assertThat(filter.get("failure_mode_allow").asBoolean()).isFalse();
    var service = filter.get("http_service");
    var question = service.get("path_prefix").asText() + path;
    var answer = customer.client().json(method, question, null, "X-Outpost-Tenant", "forged");
    assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
    var passedOn = service.at("/authorization_response/allowed_upstream_headers/patterns");
    assertThat(passedOn.valueStream().map(p -> answer.header(p.get("exact").asText())))
        .hasSize(3)
        .contains(customer.tenantId(), customer.keyId())
        .noneMatch(String::isEmpty);
    assertThat(admin.with(UNKNOWN).json(method, question, null).status()).isEqualTo(401);
    assertThat(admin.with(null).json(method, question, null).status()).isEqualTo(401);
  }

  private JsonNode authorize(String authorization) throws Exception {
    var call =
        """
        import json, sys, authorizer
        try:
            answer = authorizer.handler({"headers": {"Authorization": sys.argv[1]}}, None)
        except Exception as refusal:
            answer = str(refusal)
        print(json.dumps(answer))
        """;
    var python = new ProcessBuilder("python3", "-c", call, authorization);
    python.environment().put("OUTPOST", outpost);
    var lambda =
        python.directory(folder.toFile()).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    var answer = new ObjectMapper().readTree(lambda.getInputStream());
    assertThat(lambda.waitFor(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
    return answer;
  }

  /**
   * Starts nginx with the page's server and this test's ports, as one process without root rights.
   */
  private Process nginx(int port, int upstream) throws IOException {
    var server =
        block("nginx")
            .replace("listen 8081", "listen 127.0.0.1:" + port)
            .replace("http://127.0.0.1:8080", outpost.replace("localhost", "127.0.0.1"))
            .replace("http://127.0.0.1:9000", "http://127.0.0.1:" + upstream);
    var temporary =
        List.of("client_body", "proxy", "fastcgi", "uwsgi", "scgi").stream()
            .map(kind -> "  %s_temp_path %s;%n".formatted(kind, folder.resolve(kind)))
            .reduce("", String::concat);
    var configuration =
        """
        daemon off;
        master_process off;
        pid %s;
        events {}
        http {
          access_log off;
        %s%s
        }
        """
            .formatted(folder.resolve("pid"), temporary, server);
    var file = Files.writeString(folder.resolve("nginx.conf"), configuration);
    return new ProcessBuilder(
            "nginx", "-e", "stderr", "-p", folder.toString(), "-c", file.toString())
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve("nginx.log").toFile())
        .start();
  }

  private static HttpServer upstream(BlockingQueue<Headers> seen) throws IOException {
    var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            seen.add(exchange.getRequestHeaders());
            exchange.sendResponseHeaders(200, -1);
          }
        });
    server.start();
    return server;
  }

  /** The page's only code block in a language. */
  private static String block(String language) throws IOException {
    var block = Pattern.compile("(?ms)^```" + language + "\\n(.*?)^```$");
    var found = block.matcher(Files.readString(PAGE, StandardCharsets.UTF_8)).results().toList();
    assertThat(found).as("blocks of " + language).hasSize(1);
    return found.getFirst().group(1);
  }

  private static boolean isInstalled(String program) {
    return Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
        .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
  }
}
