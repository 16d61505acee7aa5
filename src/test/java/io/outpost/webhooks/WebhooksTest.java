package io.outpost.webhooks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.outpost.blackbox.Client;
import io.outpost.blackbox.Client.Answer;
import io.outpost.blackbox.Customer;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import io.outpost.webhooks.Receiver.Got;
import io.outpost.webhooks.Receiver.Reply;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Endpoints as their owners see them: signed deliveries, retries, the log of deliveries, disabling.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class WebhooksTest {

  private final Customer customer;
  private final Client client;
  private final Receiver receiver = new Receiver();

  WebhooksTest(LocalOutpost outpost) throws IOException {
    customer = Customer.of(Client.of(outpost.address()).with(outpost.adminKey()), "enterprise");
    client = customer.client();
  }

  @AfterEach
  void close() {
    receiver.close();
  }

  @Test
  void theEndOfAJobIsToldAndSignedAsTheSpecificationWantsIt() {
    var hook = create("{\"url\":\"%s\"}".formatted(receiver.url("/a?b=c%20d")));
    var job = client.submit("claude", "Say hello");

    var got = only();
    assertThat(got.path()).isEqualTo("/a?b=c%20d");
    assertThat(got.type()).isEqualTo("job.succeeded");
    assertThat(got.isSignedWith(hook.text("secret"))).isTrue();
    assertThat(got.isSignedWith("whsec_" + "A".repeat(44))).isFalse();
    assertThat(Long.parseLong(got.timestamp()))
        .isCloseTo(Instant.now().getEpochSecond(), org.assertj.core.api.Assertions.within(60L));
    assertThat(got.json().path("data")).isEqualTo(client.get("/jobs/" + job).json());
    assertThat(got.json().path("timestamp").asText())
        .isEqualTo(client.get("/jobs/" + job).text("completed_at"));
  }

  @Test
  void onlyWhatIsWantedIsTold() {
    create("{\"url\":\"%s\",\"events\":[\"job.running\"]}".formatted(receiver.url("/running")));
    create("{\"url\":\"%s\",\"events\":[\"job.cancelled\"]}".formatted(receiver.url("/cancelled")));
    var job = client.submit("claude", "sleep 600");
    await().until(() -> receiver.got().size() == 1);
    assertThat(client.delete("/jobs/" + job).status()).isEqualTo(200);
    await().until(() -> receiver.got().size() == 2);
    assertThat(receiver.got())
        .extracting(got -> got.path() + " " + got.type())
        .containsExactly("/running job.running", "/cancelled job.cancelled");
    assertThat(receiver.got().getFirst().json().at("/data/status").asText()).isEqualTo("running");
  }

  @Test
  void aTestJobIsToldWithItsMode() {
    create("{\"url\":\"%s\"}".formatted(receiver.url("/")));
    var key = Customer.newKey(client, customer.tenantId(), "\"mode\":\"test\"").text("key");
    client.with(key).submit("claude", "Say hello");
    assertThat(only().json().at("/data/mode").asText()).isEqualTo("test");
  }

  /** A key that expires within a week is announced at once; a revoked one is not. */
  @Test
  void aKeyThatExpiresIsTold() {
    create("{\"url\":\"%s\",\"events\":[\"api_key.expiring\"]}".formatted(receiver.url("/")));
    var later = Instant.now().plus(Duration.ofDays(30));
    Customer.newKey(client, customer.tenantId(), "\"expires_at\":\"%s\"".formatted(later));
    var soon = Instant.now().plus(Duration.ofDays(1));
    var key = Customer.newKey(client, customer.tenantId(), "\"expires_at\":\"%s\"".formatted(soon));
    var got = only();
    assertThat(got.type()).isEqualTo("api_key.expiring");
    assertThat(got.json().at("/data/key_id").asText()).isEqualTo(key.text("key_id"));
    assertThat(got.body()).doesNotContain(key.text("key"), "hash");
    assertThat(receiver.got()).hasSize(1);
  }

  @Test
  void theSecretIsShownOnceAndTheEndpointAsItIs() {
    var hook = create("{\"url\":\"https://a.example/x\",\"description\":\"ours\"}");
    assertThat(hook.header("Cache-Control")).isEqualTo("no-store");
    assertThat(hook.header("Location")).isEqualTo(path(hook, ""));
    assertThat(hook.text("secret")).matches("whsec_[A-Za-z0-9+/]{43}=");
    assertThat(hook.text("status")).isEqualTo("enabled");
    assertThat(hook.json().path("events").valueStream().map(JsonNode::asText))
        .containsExactlyInAnyOrder(
            "job.succeeded", "job.failed", "job.cancelled", "job.dead_letter");
    var shown = client.get(path(hook, ""));
    assertThat(shown.json().has("secret")).isFalse();
    assertThat(client.get(customer.path("/webhooks")).json().at("/data/0")).isEqualTo(shown.json());
    var changed =
        client.patch(path(hook, ""), "{\"description\":null,\"events\":[\"job.failed\"]}");
    assertThat(changed.status()).isEqualTo(200);
    assertThat(changed.json().path("description").isNull()).isTrue();
    assertThat(client.get(path(hook, "")).json()).isEqualTo(changed.json());
    assertThat(client.delete(path(hook, "")).status()).isEqualTo(204);
    assertThat(client.get(path(hook, "")).status()).isEqualTo(404);
    assertThat(client.delete(path(hook, "")).status()).isEqualTo(404);
  }

  @Test
  void bothSecretsSignUntilTheGraceIsOver() {
    var hook = create("{\"url\":\"%s\"}".formatted(receiver.url("/")));
    var first = hook.text("secret");
    var second = client.post(path(hook, "/rotate"), "{}");
    assertThat(second.status()).isEqualTo(201);
    assertThat(second.text("secret")).startsWith("whsec_").isNotEqualTo(first);
    client.post(path(hook, "/ping"), null);
    var both = only();
    assertThat(both.isSignedWith(first)).isTrue();
    assertThat(both.isSignedWith(second.text("secret"))).isTrue();
    var third = client.post(path(hook, "/rotate"), "{\"grace_seconds\":0}").text("secret");
    client.post(path(hook, "/ping"), null);
    await().until(() -> receiver.got().size() == 2);
    var last = receiver.got().getLast();
    assertThat(last.isSignedWith(third)).isTrue();
    assertThat(last.isSignedWith(second.text("secret"))).isFalse();
  }

  @Test
  void aPingIsLoggedWithRequestAndAnswer() {
    receiver.answer(any -> new Reply(200, "ä".repeat(5000), "X-Theirs", "yes"));
    var hook = create("{\"url\":\"%s\"}".formatted(receiver.url("/ping")));
    var accepted = client.post(path(hook, "/ping"), null);
    assertThat(accepted.status()).isEqualTo(202);
    var delivery = delivered(hook, accepted.text("delivery_id"));

    var got = only();
    assertThat(got.type()).isEqualTo("webhook.ping");
    assertThat(delivery.path("event_id").asText()).isEqualTo(got.id());
    assertThat(delivery.path("type").asText()).isEqualTo("webhook.ping");
    assertThat(delivery.path("next_attempt_at").isNull()).isTrue();
    assertThat(delivery.path("attempts")).hasSize(1);
    assertThat(delivery.at("/attempts/0/status_code").asInt()).isEqualTo(200);
    assertThat(delivery.at("/attempts/0/error").isNull()).isTrue();
    var whole = client.get(path(hook, "/deliveries/" + accepted.text("delivery_id"))).json();
    assertThat(whole.at("/request/body").asText()).isEqualTo(got.body());
    assertThat(whole.at("/attempts/0/request_headers/webhook-id").asText()).isEqualTo(got.id());
    assertThat(whole.at("/attempts/0/response_headers/x-theirs").asText()).isEqualTo("yes");
    assertThat(whole.at("/attempts/0/response_body").asText()).isEqualTo("ä".repeat(2048));
  }

  @Test
  void whatIsRefusedIsTriedAgainUnderTheSameId() {
    receiver.answer(any -> new Reply(receiver.got().size() < 2 ? 500 : 204, ""));
    var hook = create("{\"url\":\"%s\"}".formatted(receiver.url("/")));
    var accepted = client.post(path(hook, "/ping"), null);
    var delivery = delivered(hook, accepted.text("delivery_id"));
    assertThat(delivery.path("attempts")).hasSize(2);
    assertThat(receiver.got())
        .extracting(Got::id)
        .hasSize(2)
        .containsOnly(receiver.got().getFirst().id());
    assertThat(receiver.got()).extracting(Got::body).containsOnly(receiver.got().getFirst().body());
    assertThat(client.get(path(hook, "")).json().path("failing_since").isNull()).isTrue();
  }

  @Test
  void aRedirectIsNotFollowed() {
    receiver.answer(
        got ->
            got.path().equals("/")
                ? new Reply(307, "", "Location", receiver.url("/inside"))
                : new Reply(200, ""));
    var hook = create("{\"url\":\"%s\"}".formatted(receiver.url("/")));
    var id = client.post(path(hook, "/ping"), null).text("delivery_id");
    await().until(() -> list(hook, "").at("/0/attempts").size() > 0);
    assertThat(list(hook, "?status=pending").at("/0/delivery_id").asText()).isEqualTo(id);
    assertThat(list(hook, "").at("/0/attempts/0/status_code").asInt()).isEqualTo(307);
    assertThat(receiver.got()).extracting(Got::path).containsOnly("/");
  }

  @Test
  void whoIsGoneIsDisabledAndItsOwnerCanSeeWhy() {
    receiver.answer(any -> new Reply(410, ""));
    var hook = create("{\"url\":\"%s\"}".formatted(receiver.url("/")));
    client.post(path(hook, "/ping"), null);
    await().until(() -> client.get(path(hook, "")).text("status").equals("disabled"));
    assertThat(client.get(path(hook, "")).text("disabled_reason")).isEqualTo("gone");
    assertThat(list(hook, "?status=failed")).hasSize(1);
    assertThat(client.post(path(hook, "/ping"), null).problem()).isEqualTo("conflict");
    await()
        .until(
            () ->
                client
                    .get(customer.path("/audit?action=webhook.disabled"))
                    .json()
                    .path("data")
                    .findValuesAsText("resource")
                    .contains(path(hook, "")));
    receiver.answer(any -> new Reply(200, ""));
    assertThat(client.patch(path(hook, ""), "{\"status\":\"enabled\"}").status()).isEqualTo(200);
    delivered(hook, client.post(path(hook, "/ping"), null).text("delivery_id"));
  }

  @Test
  void deliveriesAreSentAgainOneOrAllSinceATime() {
    var hook = create("{\"url\":\"%s\"}".formatted(receiver.url("/")));
    var since = Instant.now();
    var first = client.post(path(hook, "/ping"), null).text("delivery_id");
    delivered(hook, first);
    var second = client.post(path(hook, "/ping"), null).text("delivery_id");
    delivered(hook, second);
    var ids = receiver.got().stream().map(Got::id).toList();

    var again = client.post(path(hook, "/deliveries/" + first + "/redeliver"), null);
    assertThat(again.status()).isEqualTo(202);
    assertThat(again.text("delivery_id")).isEqualTo(first);
    await().until(() -> receiver.got().size() == 3);
    assertThat(receiver.got().getLast().id()).isEqualTo(ids.getFirst());
    delivered(hook, first);

    var all = client.post(path(hook, "/redeliver"), "{\"since\":\"%s\"}".formatted(since));
    assertThat(all.status()).isEqualTo(202);
    assertThat(all.json().path("redelivered").asInt()).isEqualTo(2);
    await().until(() -> receiver.got().size() == 5);
    assertThat(receiver.got().subList(3, 5))
        .extracting(Got::id)
        .containsExactlyInAnyOrderElementsOf(ids);
    var none = "{\"since\":\"%s\"}".formatted(Instant.now());
    assertThat(client.post(path(hook, "/redeliver"), none).json().path("redelivered").asInt())
        .isZero();
  }

  @Test
  void oneMoreThanTwentyIsRefusedUntilOneGoes() {
    var body = "{\"url\":\"https://a.example\"}";
    var last = create(body);
    for (int i = 1; i < 20; i++) {
      last = create(body);
    }
    var refused = client.post(customer.path("/webhooks"), body);
    assertThat(refused.status()).isEqualTo(409);
    assertThat(refused.problem()).isEqualTo("limit-reached");
    assertThat(client.delete(path(last, "")).status()).isEqualTo(204);
    create(body);
  }

  @Test
  void aRepeatedCreationIsOneEndpoint() {
    var body = "{\"url\":\"https://a.example\"}";
    var first = client.json("POST", customer.path("/webhooks"), body, "Idempotency-Key", "k1");
    var second = client.json("POST", customer.path("/webhooks"), body, "Idempotency-Key", "k1");
    assertThat(second.header("Idempotent-Replayed")).isEqualTo("true");
    assertThat(second.text("secret")).isEqualTo(first.text("secret"));
    assertThat(client.get(customer.path("/webhooks")).json().path("data")).hasSize(1);
  }

  private Answer create(String body) {
    var made = client.post(customer.path("/webhooks"), body);
    assertThat(made.status()).as(made.body()).isEqualTo(201);
    return made;
  }

  private String path(Answer hook, String rest) {
    return customer.path("/webhooks/" + hook.text("webhook_id") + rest);
  }

  private Got only() {
    await().until(() -> !receiver.got().isEmpty());
    return receiver.got().getFirst();
  }

  private JsonNode list(Answer hook, String query) {
    var found = client.get(path(hook, "/deliveries" + query));
    assertThat(found.status()).as(found.body()).isEqualTo(200);
    return found.json().path("data");
  }

  private JsonNode delivered(Answer hook, String id) {
    return await()
        .until(
            () -> {
              List<JsonNode> all = list(hook, "?status=succeeded").valueStream().toList();
              return all.stream().filter(d -> d.path("delivery_id").asText().equals(id)).toList();
            },
            found -> !found.isEmpty())
        .getFirst();
  }
}
