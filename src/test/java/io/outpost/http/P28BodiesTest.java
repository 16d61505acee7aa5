package io.outpost.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.outpost.blackbox.Client;
import io.outpost.blackbox.Customer;
import io.outpost.local.AtOnce;
import io.outpost.local.SharedOutpost;
import io.outpost.local.TwoApis;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Limits of request bodies; checking a body is cheap, whatever it contains. */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class P28BodiesTest {

  private static final String JSON = "application/json";
  private static final String JOB = "{\"agent\":\"codex\",\"command\":\"hi\"}";
  private static final int MANY = 16;

  private final TwoApis apis;
  private final Client admin;
  private final Customer customer;

  P28BodiesTest(TwoApis apis) {
    this.apis = apis;
    this.admin = apis.admin();
    this.customer = Customer.of(admin, "enterprise");
  }

  @Test
  void aBodyHasTheLimitOfItsOperation() {
    for (var operation : apis.bean(Contract.class).operations()) {
      var path = path(operation);
      var most = operation.bodyLimit();
      for (var client : new Client[] {admin, customer.client(), admin.with(null)}) {
        var as = operation.id();
        assertThat(send(client, operation.method(), path, new byte[most + 1]).status())
            .as(as)
            .isEqualTo(413);
        assertThat(stream(client, operation.method(), path, new byte[most + 1]).status())
            .as(as)
            .isEqualTo(413);
        assertThat(send(client, operation.method(), path, new byte[most]).status())
            .as(as)
            .isNotEqualTo(413);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "submitJob, 131072",
    "receiveStripeEvent, 262144",
    "createTenant, 8192",
    "updateTenant, 8192",
    "createApiKey, 8192",
    "rotateApiKey, 8192",
    "exportAudit, 8192",
    "createCheckoutSession, 8192",
    "redriveDeadLetters, 8192",
    "getJob, 8192"
  })
  void theLimitsAreThose(String operation, int bytes) {
    assertThat(apis.bean(Contract.class).operation(operation).bodyLimit()).isEqualTo(bytes);
  }

  /** Every operation with a command allows a body of the size that a command needs. */
  @Test
  void whereACommandIsInTheBodyTheLimitLeavesRoomForIt() {
    StreamSupport.stream(apis.bean(Contract.class).operations().spliterator(), false)
        .filter(o -> o.body() != null)
        .filter(o -> o.body().getSchemaNode().at("/properties/command").isObject())
        .forEach(o -> assertThat(o.bodyLimit()).as(o.id()).isGreaterThanOrEqualTo(131_072));
  }

  static Stream<Arguments> hostile() {
    var name = "a".repeat(8000);
    return Stream.of(
        arguments("PATCH", "{\"name\":\"" + name + "\\u0001\"}"),
        arguments("PATCH", "{\"email\":\"a@" + ".".repeat(8000) + "@\"}"),
        arguments("PATCH", "{\"email\":\"" + "a.".repeat(4000) + "\"}"),
        arguments("PATCH", "[".repeat(8000)),
        arguments("PATCH", "{\"a\":".repeat(1600)),
        arguments("PATCH", "{\"name\":" + "[".repeat(900) + "]".repeat(900) + "}"),
        arguments("PATCH", "{" + fields(700) + "}"),
        arguments("PATCH", "{\"name\":" + "9".repeat(8000) + "}"),
        arguments("PATCH", "{\"name\":1e999999999}"),
        arguments("POST", "{\"name\":\"x\",\"rate_limit_per_minute\":1e999999999}"),
        arguments("POST", "{\"name\":\"x\",\"rate_limit_per_minute\":1e-999999999}"),
        arguments("POST", "{\"name\":\"x\",\"rate_limit_per_minute\":-1" + "0".repeat(900) + "}"),
        arguments("POST", "{\"name\":\"x\",\"scopes\":[" + "\"billing\",".repeat(700) + "1]}"),
        arguments("POST", "{\"name\":\"x\",\"expires_at\":\"" + "2".repeat(8000) + "\"}"));
  }

  /** Sixteen such requests at once once blocked every carrier thread. */
  @ParameterizedTest
  @MethodSource("hostile")
  void aHostileBodyIsRefusedAtOnceAndOthersAreServed(String method, String body) {
    var path = customer.path(method.equals("PATCH") ? "" : "/api-keys");
    var answers =
        AtOnce.times(
            MANY,
            i ->
                i % 4 == 0
                    ? admin.with(null).get("/health")
                    : customer.client().json(method, path, body));
    assertThat(answers).filteredOn(a -> a.status() == 200).hasSize(MANY / 4);
    assertThat(answers).filteredOn(a -> a.status() == 400).hasSize(MANY - MANY / 4);
    assertThat(answers).allSatisfy(a -> assertThat(a.body().length()).isLessThan(20_000));
  }

  @ParameterizedTest
  @ValueSource(ints = {100, 3000, 7000})
  void aDeepParameterIsRefused(int groups) {
    for (var group : new String[] {"a.", ".a", "a_", "-a"}) {
      var path = customer.path("/audit?action=a" + group.repeat(groups / group.length()) + ".");
      assertThat(customer.client().get(path).status()).as(group).isEqualTo(400);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        JSON,
        "application/json;charset=utf-8",
        "application/json; charset=\"UTF-8\"",
        "application/json;charset=utf8",
        "Application/JSON",
        "application/json; odata=verbose",
        "application/json;"
      })
  void whatMeansJsonIsTaken(String type) {
    assertThat(submit(Map.of("Content-Type", type), JOB.getBytes(UTF_8))).isEqualTo(202);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/json; charset=utf-16",
        "application/json; charset=iso-8859-1",
        "application/json; charset=no-such",
        "application/problem+json",
        "application/x-json",
        "text/json",
        "*/*",
        "application/*"
      })
  void whatMeansSomethingElseIsNot(String type) {
    assertThat(submit(Map.of("Content-Type", type), JOB.getBytes(UTF_8))).isEqualTo(415);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "deflate", "br", "x-gzip", "gzip, identity"})
  void anEncodedBodyIsNotRead(String coding) throws IOException {
    var headers = Map.of("Content-Type", JSON, "Content-Encoding", coding);
    assertThat(submit(headers, gzip(JOB))).isEqualTo(415);
    assertThat(submit(headers, JOB.getBytes(UTF_8))).isEqualTo(415);
  }

  static Stream<byte[]> otherThanUtf8() {
    var command = "{\"agent\":\"codex\",\"command\":\"%s\"}";
    return Stream.of(
        JOB.getBytes(StandardCharsets.UTF_16LE),
        JOB.getBytes(StandardCharsets.UTF_16BE),
        JOB.getBytes(StandardCharsets.UTF_16),
        command.formatted("\u00c0\u00af").getBytes(StandardCharsets.ISO_8859_1),
        command.formatted("\u00e0\u0080\u00af").getBytes(StandardCharsets.ISO_8859_1),
        command.formatted("\u00ed\u00a0\u0080").getBytes(StandardCharsets.ISO_8859_1),
        command.formatted("\u00f8\u0088\u0080\u0080\u00af").getBytes(StandardCharsets.ISO_8859_1),
        command.formatted("\u00f4\u0090\u0080\u0080").getBytes(StandardCharsets.ISO_8859_1),
        command.formatted("\u00fc").getBytes(StandardCharsets.ISO_8859_1));
  }

  @ParameterizedTest
  @MethodSource("otherThanUtf8")
  void onlyUtf8IsText(byte[] body) {
    assertThat(submit(Map.of("Content-Type", JSON), body)).isEqualTo(400);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "dev\u00a0@acme.example",
        "dev@acme..example",
        ".dev@acme.example",
        "dev.@acme.example",
        "de..v@acme.example",
        "dev@acme.example.",
        "dev@-acme.example",
        "dev@acme-.example",
        "dev@acme",
        "dev@ac_me.example",
        "dev@münchen.example",
        "d,ev@acme.example",
        "dev@[127.0.0.1]",
        "dev@127.0.0.1",
        "dev@@acme.example",
        "\\\"dev\\\"@acme.example",
        "dev@acme.example\\n",
        "dev@acme.example\\u0000"
      })
  void anAddressThatNoMailServerTakesIsRefusedWithASentence(String address) {
    var answer = customer.client().patch(customer.path(""), "{\"email\":\"" + address + "\"}");
    assertThat(answer.status()).as(answer.body()).isEqualTo(400);
    assertThat(answer.json().at("/errors/0/field").asText()).isEqualTo("email");
    assertThat(answer.body()).doesNotContain("pattern", "regular", "^[");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        " ",
        "\u00a0",
        "\u3000",
        "\ufeff",
        "\u200b\u200d",
        "\u2800",
        "\u3164",
        "Acme\\n",
        "Acme\\r",
        "Ac\\u0000me",
        "Acme\u0085",
        "Acme\u2028",
        "\u202eemcA"
      })
  void aNameThatShowsNothingOrControlsIsRefusedWithASentence(String name) {
    var body = "{\"name\":\"%s\",\"email\":\"a@b.example\"}".formatted(name);
    var answer = admin.post("/tenants", body);
    assertThat(answer.status()).as(answer.body()).isEqualTo(400);
    assertThat(answer.json().at("/errors/0/field").asText()).isEqualTo("name");
    assertThat(answer.body()).doesNotContain("pattern", "regular", "^[");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Ümlaut & Söhne", "株式会社", "😀", "a", " a "})
  void aNameThatCanBeReadIsTaken(String name) {
    var body = "{\"name\":\"%s\",\"email\":\"a.b+c@b-d.co.example\"}".formatted(name);
    assertThat(admin.post("/tenants", body).text("name")).isEqualTo(name);
  }

  @ParameterizedTest
  @CsvSource({
    "2999-01-01T00:00:00+00:00, 2999-01-01T00:00:00.000Z",
    "2999-01-01T02:00:00.5+02:00, 2999-01-01T00:00:00.500Z",
    "9999-12-31T23:59:59.999Z, 9999-12-31T23:59:59.999Z"
  })
  void aTimeMayHaveAnyOffset(String given, String shown) {
    var key = Customer.newKey(admin, customer.tenantId(), "\"expires_at\":\"" + given + "\"");
    assertThat(key.text("expires_at")).isEqualTo(shown);
    var path = customer.path("/audit?from=2020-01-01T00:00:00%2B00:00&to=");
    assertThat(admin.get(path + given.replace("+", "%2B")).status()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "+10000-01-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2999-01-01T00:00:00+24:00",
        "2999-01-01 00:00:00Z",
        "2999-01-01T00:00:00"
      })
  void aTimeOutsideOfTheYearsIsRefused(String given) {
    var body = "{\"name\":\"x\",\"expires_at\":\"" + given + "\"}";
    var answer = admin.post(customer.path("/api-keys"), body);
    assertThat(answer.status()).as(answer.body()).isEqualTo(400);
    var path = customer.path("/audit?from=" + given.replace("+", "%2B").replace(" ", "%20"));
    assertThat(admin.get(path).status()).isEqualTo(400);
  }

  private int submit(Map<String, String> headers, byte[] body) {
    return customer
        .client()
        .send("POST", "/jobs", headers, BodyPublishers.ofByteArray(body))
        .status();
  }

  private static Client.Answer send(Client client, String method, String path, byte[] body) {
    return client.send(
        method, path, Map.of("Content-Type", JSON), BodyPublishers.ofByteArray(body));
  }

  private static Client.Answer stream(Client client, String method, String path, byte[] body) {
    var unsized = BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body));
    return client.send(method, path, Map.of("Content-Type", JSON), unsized);
  }

  private String path(Operation operation) {
    return operation
        .path()
        .replace("{tenant_id}", customer.tenantId())
        .replace("{name}", "A_SECRET_NAME")
        .replaceAll("\\{[a-z_]+}", "01ARZ3NDEKTSV4RRFFQ69G5FAV");
  }

  private static String fields(int count) {
    var fields = new StringBuilder("\"a\":1");
    for (int i = 0; i < count; i++) {
      fields.append(",\"f").append(i).append("\":1");
    }
    return fields.toString();
  }

  private static byte[] gzip(String text) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(bytes)) {
      gzip.write(text.getBytes(UTF_8));
    }
    return bytes.toByteArray();
  }
}
