package io.outpost.billing;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.local.stripe.Webhooks;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** Forged, stale and malformed webhooks have no effect; a lost event is found by the repair. */
@Tag("product")
@ExtendWith(OutputCaptureExtension.class)
class P13StripeWebhookTest {
  private static final String SECRET = "whsec_outpost_stub";
  private static final String OLD_SECRET = "whsec_before_the_rotation";
  private static final String EVENT =
      """
      {"id": "evt_never", "object": "event", "type": "invoice.paid", "created": 1764000000,
       "api_version": "2026-07-29.dahlia",
       "data": {"object": {"id": "in_1", "object": "invoice", "customer": "cus_1"}}}""";

  private static BillingApi api;

  @BeforeAll
  static void start() {
    api = BillingApi.start(Map.of("outpost.stripe.webhook-secrets", SECRET + "," + OLD_SECRET));
  }

  @AfterAll
  static void stop() {
    api.close();
  }

  private static String sign(String secret, long secondsAgo, byte[] body) {
    return Webhooks.sign(secret, Instant.now().getEpochSecond() - secondsAgo, body);
  }

  private static int storedEvents() {
    return api.dynamoDb().scan(s -> s.tableName(api.table("events"))).count();
  }

  private static void refused(byte[] body, String signature, int status, CapturedOutput output)
      throws Exception {
    int before = storedEvents();
    var answer = api.webhook(body, signature);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json");
    assertThat(answer.body()).doesNotContain("Exception", "\\tat ", SECRET);
    assertThat(storedEvents()).isEqualTo(before);
    assertThat(output.getAll()).doesNotContain("\tat io.outpost", SECRET);
  }

  @Test
  void refusesForgedAndStaleSignatures(CapturedOutput output) throws Exception {
    var body = EVENT.getBytes(StandardCharsets.UTF_8);
    refused(body, null, 400, output);
    refused(body, "", 400, output);
    refused(body, "t=1,v1=", 400, output);
    refused(body, sign("whsec_stranger", 0, body), 400, output);
    refused(body, sign(SECRET, 301, body), 400, output);
    refused(body, sign(SECRET, -3600, body), 400, output);
    var altered = EVENT.replace("cus_1", "cus_2").getBytes(StandardCharsets.UTF_8);
    refused(altered, sign(SECRET, 0, body), 400, output);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{}",
        "[]",
        "null",
        "{\"id\": 7, \"object\": [], \"type\": {}, \"api_version\": 1}",
        "{\"id\": \"evt_1\", \"object\": \"event\", \"type\": \"invoice.paid\", \"created\": 1,"
            + " \"data\": {\"object\": {}}}",
        "{\"id\": \"evt_1\", \"object\": \"v2.core.event\", \"type\": \"v1.billing.meter.x\","
            + " \"created\": 1}",
      })
  void refusesSignedBodiesThatAreNoEvent(String text, CapturedOutput output) throws Exception {
    var body = text.getBytes(StandardCharsets.UTF_8);
    refused(body, sign(SECRET, 0, body), 400, output);
  }

  /** During a rotation both signing secrets are accepted. */
  @Test
  void takesEitherSecretDuringARotation() throws Exception {
    var body = EVENT.replace("\"cus_1\"", "null").getBytes(StandardCharsets.UTF_8);
    assertThat(api.webhook(body, sign(SECRET, 0, body)).statusCode()).isEqualTo(200);
    assertThat(api.webhook(body, sign(OLD_SECRET, 0, body)).statusCode()).isEqualTo(200);
  }

  @Test
  void refusesFiveMegabytes(CapturedOutput output) throws Exception {
    var body = ("{\"a\": \"" + "x".repeat(5_000_000) + "\"}").getBytes(StandardCharsets.UTF_8);
    refused(body, sign(SECRET, 0, body), 413, output);
  }
}
