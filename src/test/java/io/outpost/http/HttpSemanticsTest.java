package io.outpost.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.outpost.blackbox.Client;
import io.outpost.blackbox.Customer;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests and answers follow RFC 9110 and RFC 9112, checked byte by byte. */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class HttpSemanticsTest {

  private static final String CLOSE = "Host: outpost\r\nConnection: close\r\n";

  private final LocalOutpost outpost;
  private final Client admin;
  private final Customer customer;

  HttpSemanticsTest(LocalOutpost outpost) {
    this.outpost = outpost;
    this.admin = Client.of(outpost.address()).with(outpost.adminKey());
    this.customer = Customer.of(admin, "pro");
  }

  static Stream<Arguments> refusals() {
    var post = "POST /jobs HTTP/1.1\r\n" + CLOSE + "Content-Type: application/json\r\n";
    return Stream.of(
        arguments(
            post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            501,
            "not-implemented",
            "Transfer-Encoding"),
        arguments(
            post + "Transfer-Encoding: nonsense\r\n\r\n",
            501,
            "not-implemented",
            "Transfer-Encoding"),
        arguments(
            "GET /health HTTP/3.0\r\n" + CLOSE + "\r\n",
            505,
            "http-version-not-supported",
            "HTTP/1.1"),
        arguments(
            post + "Expect: a-wonder\r\nContent-Length: 2\r\n\r\n{}",
            417,
            "expectation-failed",
            "100-continue"),
        arguments(
            "GET /health HTTP/1.1\r\n" + CLOSE + "Expect: 200-ok\r\n\r\n",
            417,
            "expectation-failed",
            "100-continue"),
        arguments(
            "CONNECT l:443 HTTP/1.1\r\n" + CLOSE + "\r\n", 405, "method-not-allowed", "Allow"),
        arguments(
            "GET /health HTTP/1.1\r\n" + CLOSE + "X-Long: " + "a".repeat(20_000) + "\r\n\r\n",
            431,
            "header-too-large",
            "8192 bytes"),
        arguments(
            "GET /health HTTP/1.1\r\n" + CLOSE + "A b: c\r\n\r\n", 400, "invalid-request", "HTTP"),
        arguments(
            "GET /health HTTP/1.1\r\n" + CLOSE + "A: b\r\n".repeat(150) + "\r\n",
            431,
            "header-too-large",
            "100"),
        arguments("GET /%2f HTTP/1.1\r\n" + CLOSE + "\r\n", 400, "invalid-request", "path"),
        arguments("GET /jobs/ HTTP/1.1\r\n" + CLOSE + "\r\n", 404, "not-found", "path"),
        arguments("GET /health/ HTTP/1.1\r\n" + CLOSE + "\r\n", 404, "not-found", "path"));
  }

  @ParameterizedTest
  @MethodSource("refusals")
  void whatIsNotUnderstoodIsRefusedByItsOwnStatus(
      String request, int status, String code, String reason) throws IOException {
    var answer = RawAnswer.to(outpost.address(), request);
    assertThat(answer.status()).as(answer.toString()).isEqualTo(status);
    assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
    assertThat(answer.body()).contains("/" + code + "\"", "\"status\":" + status);
    assertThat(answer.body().replaceAll(".*\"detail\":\"([^\"]*)\".*", "$1")).contains(reason);
    assertThat(answer.header("X-Request-Id")).isNotEmpty();
    for (var name : new String[] {"X-Content-Type-Options", "Referrer-Policy", "Cache-Control"}) {
      assertThat(answer.header(name)).as(name).isIn("nosniff", "no-referrer", "no-store");
    }
    assertThat(answer.header("Content-Security-Policy")).contains("default-src 'none'");
    assertThat(answer.header("Allow").isEmpty()).isEqualTo(status != 405);
  }

  @ParameterizedTest
  @CsvSource({
    "/jobs, 'POST, GET, HEAD, OPTIONS'",
    "/health, 'GET, HEAD, OPTIONS'",
    "/docs, 'GET, HEAD, OPTIONS'",
    "/docs/, 'GET, HEAD, OPTIONS'",
    "/webhooks/stripe, 'POST, OPTIONS'",
    "/jobs/batch, 'POST, OPTIONS'",
    "*, 'GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS'",
    "/jobs/01ARZ3NDEKTSV4RRFFQ69G5FAV, 'GET, DELETE, HEAD, OPTIONS'"
  })
  void optionsTellTheMethodsOfAPathToEverybody(String path, String methods) throws IOException {
    var answer =
        RawAnswer.to(outpost.address(), "OPTIONS " + path + " HTTP/1.1\r\n" + CLOSE + "\r\n");
    assertThat(answer.status()).isEqualTo(204);
    assertThat(answer.header("Allow").split(", ")).containsExactlyInAnyOrder(methods.split(", "));
    assertThat(answer.header("X-Request-Id")).isNotEmpty();
    assertThat(answer.body()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "GET /jobs/batch, 'POST, OPTIONS'",
    "HEAD /jobs/batch, 'POST, OPTIONS'",
    "DELETE /jobs/cancel, 'POST, OPTIONS'",
    "PUT /jobs/cancel, 'POST, OPTIONS'",
    "PUT /jobs/01ARZ3NDEKTSV4RRFFQ69G5FAV, 'GET, DELETE, HEAD, OPTIONS'",
    "GET /admin/dead-letters/redrive, 'POST, OPTIONS'"
  })
  void aPathInLettersIsNoId(String request, String methods) throws IOException {
    var answer = RawAnswer.to(outpost.address(), request + " HTTP/1.1\r\n" + CLOSE + "\r\n");
    assertThat(answer.status()).isEqualTo(405);
    assertThat(answer.header("Allow").split(", ")).containsExactlyInAnyOrder(methods.split(", "));
  }

  /** A rerun with a body is refused, because its fields would be ignored. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "/jobs/{id}/rerun",
        "{tenant}/webhooks/{id}/ping",
        "{tenant}/webhooks/{id}/deliveries/{id}/redeliver"
      })
  void fieldsAreRefusedWhereTheContractHasNone(String template) {
    var id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    var path = template.replace("{tenant}", customer.path("")).replace("{id}", id);
    var client = customer.client();
    var refused = client.post(path, "{\"command\":\"Say hello\"}");
    assertThat(refused.status()).isEqualTo(400);
    assertThat(refused.json().at("/errors/0/field").asText()).isEqualTo("command");
    assertThat(client.post(path, "[]").status()).isEqualTo(400);
    assertThat(client.post(path, "{}").status()).isEqualTo(404);
    assertThat(client.post(path, "").status()).isEqualTo(404);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"limit=%zz", "limit=%", "status=%ff", "status=%c0%af", "status=pending&%zz=1"})
  void aQueryThatIsNoTextIsRefused(String query) throws IOException {
    var answer =
        RawAnswer.to(
            outpost.address(),
            "GET /jobs?%s HTTP/1.1\r\n%sAuthorization: Bearer %s\r\n\r\n"
                .formatted(query, CLOSE, customer.client().key()));
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.body()).contains("/invalid-request");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/health", "/openapi.json", "/jobs", "/docs"})
  void aHeadHasTheHeadersOfItsGet(String path) throws IOException {
    var rest =
        " HTTP/1.1\r\n" + CLOSE + "Authorization: Bearer " + customer.client().key() + "\r\n\r\n";
    var get = RawAnswer.to(outpost.address(), "GET " + path + rest);
    var head = RawAnswer.to(outpost.address(), "HEAD " + path + rest);
    assertThat(head.status()).isEqualTo(200);
    assertThat(head.body()).isEmpty();
    for (var name : new String[] {"Content-Type", "ETag", "Cache-Control", "Vary"}) {
      assertThat(head.header(name)).as(name).isEqualTo(get.header(name));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/health?x=1", "/health?x=1&x=2", "/health/ready?probe=%00"})
  void healthIgnoresWhatMonitorsAdd(String path) {
    assertThat(admin.with(null).get(path).status()).isEqualTo(200);
  }

  @Test
  void theTagChangesWithWhatIsShown() {
    var path = customer.path("");
    // The tenant gets its customer at Stripe a moment later, which changes its
    // representation.
    await().until(() -> !customer.client().get(path).json().get("stripe_customer_id").isNull());
    var first = customer.client().get(path);
    var tag = first.header("ETag");
    assertThat(tag).matches("\"[^\"]+\"");
    assertThat(customer.client().get(path).header("ETag")).isEqualTo(tag);
    var known = customer.client().json("GET", path, null, "If-None-Match", "\"x\", W/" + tag);
    assertThat(known.status()).isEqualTo(304);
    assertThat(known.body()).isEmpty();
    assertThat(known.header("ETag")).isEqualTo(tag);
    var change = "{\"name\":\"Renamed\"}";
    var stale = customer.client().json("PATCH", path, change, "If-Match", "\"stale\"");
    assertThat(stale.status()).isEqualTo(412);
    assertThat(stale.problem()).isEqualTo("precondition-failed");
    var weak = customer.client().json("PATCH", path, change, "If-Match", "W/" + tag);
    assertThat(weak.status()).isEqualTo(412);
    var changed = customer.client().json("PATCH", path, change, "If-Match", "\"a\", " + tag);
    assertThat(changed.status()).isEqualTo(200);
    assertThat(changed.header("ETag")).isNotEqualTo(tag);
    assertThat(customer.client().get(path).header("ETag")).isNotEqualTo(tag);
    assertThat(customer.client().json("GET", path, null, "If-None-Match", tag).status())
        .isEqualTo(200);
    assertThat(admin.json("DELETE", path, null, "If-Match", tag).status()).isEqualTo(412);
  }

  @Test
  void theDocumentIsSentAgainOnlyWhenItHasChanged() {
    var first = admin.with(null).get("/openapi.json");
    var tag = first.header("ETag");
    assertThat(tag).matches("W/\"[^\"]+\"");
    for (var known : new String[] {tag, tag.substring(2), "\"x\", " + tag, "*"}) {
      var again = admin.with(null).json("GET", "/openapi.json", null, "If-None-Match", known);
      assertThat(again.status()).as(known).isEqualTo(304);
      assertThat(again.body()).isEmpty();
      assertThat(again.header("ETag")).isEqualTo(tag);
    }
    var packed =
        admin
            .with(null)
            .json(
                "GET", "/openapi.json", null, "If-None-Match", "\"x\"", "Accept-Encoding", "gzip");
    assertThat(packed.status()).isEqualTo(200);
    assertThat(packed.header("ETag")).isEqualTo(tag);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/jobs", "/nope", "/health", "/docs", "/docs/swagger-ui.css", "/openapi.json"})
  void aBrowserIsTold(String path) {
    var answer = customer.client().get(path);
    assertThat(answer.headers().allValues("X-Content-Type-Options")).containsExactly("nosniff");
    assertThat(answer.headers().allValues("Content-Security-Policy"))
        .singleElement()
        .asString()
        .contains("default-src 'none'", "frame-ancestors 'none'")
        .doesNotContain("unsafe");
    assertThat(answer.header("Strict-Transport-Security")).isEmpty();
  }

  @Test
  void whatIsATenantsIsStoredNowhere() {
    for (var path :
        new String[] {"/jobs", customer.path(""), customer.path("/audit"), "/auth/verify"}) {
      assertThat(customer.client().get(path).headers().allValues("Cache-Control"))
          .as(path)
          .containsExactly("no-store");
    }
    var key = customer.client().post(customer.path("/api-keys"), "{\"name\":\"x\"}");
    assertThat(key.headers().allValues("Cache-Control")).containsExactly("no-store");
  }

  @Test
  void aLargeAnswerIsCompressedForWhomAcceptsIt() {
    var plain = customer.client().get("/openapi.json");
    var packed = customer.client().json("GET", "/openapi.json", null, "Accept-Encoding", "gzip");
    assertThat(plain.header("Content-Encoding")).isEmpty();
    assertThat(packed.header("Content-Encoding")).isEqualTo("gzip");
    assertThat(packed.header("Vary")).containsIgnoringCase("accept-encoding");
  }

  @Test
  void anotherOriginReadsNothingUnlessASettingNamesIt() {
    var settings =
        java.util.Map.<String, Object>of(
            "server.port", 0,
            "outpost.env", "cors",
            "outpost.http.cors-origins", "https://a.example, https://b.example",
            "outpost.http.transport-security", "max-age=31536000");
    assertThat(preflight(admin, "https://a.example").header("Access-Control-Allow-Origin"))
        .isEmpty();
    try (var shared = LocalOutpost.on(outpost.aws(), "api", settings)) {
      var client = Client.of(shared.address());
      var answer = preflight(client, "https://b.example");
      assertThat(answer.status()).isEqualTo(204);
      assertThat(answer.header("Access-Control-Allow-Origin")).isEqualTo("https://b.example");
      assertThat(answer.header("Access-Control-Allow-Methods")).contains("POST");
      assertThat(answer.header("Access-Control-Allow-Headers"))
          .contains("Authorization", "Idempotency-Key", "Content-Type");
      assertThat(answer.header("Access-Control-Allow-Credentials")).isEmpty();
      assertThat(answer.header("Vary")).contains("Origin");
      assertThat(answer.header("Strict-Transport-Security")).isEqualTo("max-age=31536000");
      for (var other : new String[] {"https://c.example", "null", "https://a.example.evil"}) {
        assertThat(preflight(client, other).header("Access-Control-Allow-Origin")).isEmpty();
      }
      var byServer = client.get("/%2f");
      assertThat(byServer.header("Strict-Transport-Security")).isEqualTo("max-age=31536000");
      var refused = client.json("GET", "/jobs", null, "Origin", "https://a.example");
      assertThat(refused.status()).isEqualTo(401);
      assertThat(refused.header("Access-Control-Allow-Origin")).isEqualTo("https://a.example");
      assertThat(refused.header("Access-Control-Expose-Headers")).contains("X-Request-Id");
    }
  }

  private static Client.Answer preflight(Client client, String origin) {
    return client.json(
        "OPTIONS", "/jobs", null, "Origin", origin, "Access-Control-Request-Method", "POST");
  }
}
