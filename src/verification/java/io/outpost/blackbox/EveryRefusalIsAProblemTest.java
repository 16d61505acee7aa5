package io.outpost.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every refused request gets a problem document (RFC 9457), wherever it is refused, so that
 * clients need one way to handle errors.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class EveryRefusalIsAProblemTest {

  private static final Map<String, String> JSON = Map.of("Content-Type", "application/json");
  private static final BodyPublisher NOTHING = BodyPublishers.noBody();
  private static final byte[] TOO_LARGE = new byte[300_000];

  private final Client client;
  private final URI address;

  EveryRefusalIsAProblemTest(LocalOutpost outpost) {
    client = Client.of(outpost.address()).with(outpost.adminKey()).newTenant("Acme");
    address = URI.create(outpost.address());
  }

  static Stream<Arguments> refusals() {
    var large = BodyPublishers.ofByteArray(TOO_LARGE);
    var unsized = BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(TOO_LARGE));
    return Stream.of(
        arguments("GET", "/nope", Map.of(), NOTHING, 404, "not-found"),
        arguments("GET", "/", Map.of(), NOTHING, 404, "not-found"),
        arguments("POST", "/nope", JSON, BodyPublishers.ofString("{}"), 404, "not-found"),
        arguments("GET", "/jobs/no-ulid", Map.of(), NOTHING, 404, "not-found"),
        arguments("GET", "/health/nope", Map.of(), NOTHING, 404, "not-found"),
        arguments("GET", "/health/../jobs", Map.of(), NOTHING, 404, "not-found"),
        arguments("GET", "/jobs//output", Map.of(), NOTHING, 404, "not-found"),
        arguments("GET", "/jobs;a=b", Map.of(), NOTHING, 404, "not-found"),
        arguments("POST", "/health/nope", Map.of(), NOTHING, 404, "not-found"),
        arguments("OPTIONS", "/nope", Map.of(), NOTHING, 404, "not-found"),
        arguments("GET", "/docs/nope.js", Map.of(), NOTHING, 404, "not-found"),
        arguments("GET", "/docs/..%2Fapplication.yaml", Map.of(), NOTHING, 400, "invalid-request"),
        arguments("GET", "/error", Map.of(), NOTHING, 404, "not-found"),
        arguments("GET", "/actuator", Map.of(), NOTHING, 404, "not-found"),
        arguments("GET", "/actuator/health", Map.of(), NOTHING, 404, "not-found"),
        arguments("PUT", "/jobs", JSON, BodyPublishers.ofString("{}"), 405, "method-not-allowed"),
        arguments("DELETE", "/health", Map.of(), NOTHING, 405, "method-not-allowed"),
        arguments("TRACE", "/jobs", Map.of(), NOTHING, 405, "method-not-allowed"),
        arguments("PROPFIND", "/jobs", Map.of(), NOTHING, 405, "method-not-allowed"),
        arguments(
            "POST",
            "/jobs",
            Map.of("Content-Type", "application/x-www-form-urlencoded"),
            BodyPublishers.ofString("agent=claude"),
            415,
            "unsupported-media-type"),
        arguments(
            "POST",
            "/jobs",
            Map.of("Content-Type", "multipart/form-data; boundary=x"),
            BodyPublishers.ofString("--x--"),
            415,
            "unsupported-media-type"),
        arguments(
            "POST",
            "/jobs",
            Map.of("Content-Type", "text/plain"),
            BodyPublishers.ofString("{}"),
            415,
            "unsupported-media-type"),
        arguments(
            "POST",
            "/jobs",
            Map.of("Content-Type", "no type"),
            BodyPublishers.ofString("{}"),
            415,
            "unsupported-media-type"),
        arguments("POST", "/jobs", JSON, large, 413, "payload-too-large"),
        arguments("POST", "/jobs", JSON, unsized, 413, "payload-too-large"),
        arguments("POST", "/nope", JSON, large, 413, "payload-too-large"),
        arguments("GET", "/jobs/%2F", Map.of(), NOTHING, 400, "invalid-request"),
        arguments("GET", "/jobs/%00", Map.of(), NOTHING, 400, "invalid-request"),
        arguments("GET", "/jobs/%5C", Map.of(), NOTHING, 400, "invalid-request"),
        arguments("GET", "/jobs?limit=x", Map.of(), NOTHING, 400, "invalid-request"),
        arguments("GET", "/jobs?limit=1&limit=2", Map.of(), NOTHING, 400, "invalid-request"),
        arguments("GET", "/jobs?nope=1", Map.of(), NOTHING, 400, "invalid-request"),
        arguments("GET", "/nope", Map.of("Accept", "text/html"), NOTHING, 404, "not-found"),
        arguments(
            "GET", "/jobs/no-ulid", Map.of("Accept", "text/html"), NOTHING, 404, "not-found"));
  }

  @ParameterizedTest(name = "{0} {1} {2}: {4}")
  @MethodSource("refusals")
  void aRefusalIsAProblem(
      String method,
      String path,
      Map<String, String> headers,
      BodyPublisher body,
      int status,
      String code) {
    var answer = client.send(method, path, headers, body);
    Problems.check(answer, status, code);
  }

  /** Allow lists exactly the contract's methods of the path. */
  @ParameterizedTest
  @CsvSource({
    "PUT, /jobs, 'POST, GET, HEAD, OPTIONS'",
    "TRACE, /jobs, 'POST, GET, HEAD, OPTIONS'",
    "PUT, /jobs/01ARZ3NDEKTSV4RRFFQ69G5FAV, 'GET, DELETE, HEAD, OPTIONS'",
    "POST, /jobs/01ARZ3NDEKTSV4RRFFQ69G5FAV, 'GET, DELETE, HEAD, OPTIONS'",
    "GET, /webhooks/stripe, 'POST, OPTIONS'",
    "HEAD, /webhooks/stripe, 'POST, OPTIONS'",
    "DELETE, /health, 'GET, HEAD, OPTIONS'",
    "POST, /docs, 'GET, HEAD'"
  })
  void allowNamesTheMethodsOfThePath(String method, String path, String allowed) {
    var answer = client.send(method, path, Map.of(), NOTHING);
    assertThat(answer.status()).isEqualTo(405);
    assertThat(answer.header("Allow").split(", ")).containsExactlyInAnyOrder(allowed.split(", "));
  }

  /** The answer must not repeat the sent text, which may be a provider key. */
  @ParameterizedTest
  @CsvSource({"POST, 405", "GET, 405", "PATCH, 405"})
  void p19NoRefusalEchoesTheBody(String method, int status) {
    var path = "/tenants/00000000-0000-0000-0000-000000000001/secrets/A_KEY";
    var answer = client.send(method, path, JSON, BodyPublishers.ofString("{\"value\":\"canary\"}"));
    assertThat(Problems.check(answer, status, "method-not-allowed").toString())
        .doesNotContain("canary");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/health", "/openapi.json", "/jobs", "/docs"})
  void aHeadIsAGetWithoutItsBody(String path) {
    var answer = client.send("HEAD", path, Map.of(), NOTHING);
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("Content-Type")).isEqualTo(client.get(path).header("Content-Type"));
    assertThat(answer.body()).isEmpty();
  }

  /** Malformed HTTP that the server refuses before our code sees it. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /jobs?q={} HTTP/1.1\r\nHost: outpost\r\n\r\n",
        "GET /a b HTTP/1.1\r\nHost: outpost\r\n\r\n",
        "GET /health HTTP/1.1\r\n\r\n",
        "GET /health HTTP/1.1\r\nHost: outpost\r\nContent-Length: x\r\n\r\n",
        "POST /jobs HTTP/1.1\r\nHost: outpost\r\nContent-Type: application/json\r\n"
            + "Transfer-Encoding: chunked\r\n\r\nno size\r\n",
      })
  void aRequestThatIsNoHttpIsAProblemToo(String request) throws IOException {
    var answer = raw(request);
    assertThat(answer).startsWith("HTTP/1.1 400");
    assertThat(answer)
        .contains("application/problem+json", "/invalid-request", "\"request_id\"", "\"errors\"");
    assertThat(answer).doesNotContain("Tomcat", "java.", "<html");
  }

  /** A proxy in front may have checked the other key. */
  @ParameterizedTest
  @ValueSource(strings = {"Authorization: Bearer %s", "X-API-Key: %s"})
  void ofTwoKeysNoneIsTaken(String header) throws IOException {
    var key = header.formatted(client.key()) + "\r\n";
    var request = "GET /jobs HTTP/1.1\r\nHost: outpost\r\nConnection: close\r\n";
    assertThat(raw(request + key + "\r\n")).startsWith("HTTP/1.1 200");
    assertThat(raw(request + key + key + "\r\n"))
        .startsWith("HTTP/1.1 401")
        .contains("problem+json");
  }

  @Test
  void aHeadHasTheHeadersOfAProblemAndNoBody() {
    var answer = client.send("HEAD", "/nope", Map.of(), NOTHING);
    assertThat(answer.status()).isEqualTo(404);
    assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
    assertThat(answer.header("X-Request-Id")).isNotBlank();
    assertThat(answer.body()).isEmpty();
  }

  private String raw(String request) throws IOException {
    try (var socket = new Socket(address.getHost(), address.getPort())) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      socket.shutdownOutput();
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
