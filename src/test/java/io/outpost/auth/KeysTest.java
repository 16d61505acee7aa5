package io.outpost.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.outpost.blackbox.Client;
import io.outpost.blackbox.Customer;
import io.outpost.kernel.Ids;
import io.outpost.local.AtOnce;
import io.outpost.local.SharedOutpost;
import io.outpost.local.TwoApis;
import io.outpost.tenant.Tenant;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** API keys: their format, who may create which keys, and how many reads unknown keys cost. */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class KeysTest {

  private final TwoApis apis;
  private final Client admin;
  private final Customer customer;

  KeysTest(TwoApis apis) {
    this.apis = apis;
    this.admin = apis.admin();
    this.customer = Customer.of(admin, "pro");
  }

  @Test
  void aNewKeyMayReadAndWriteJobsAndIsLive() {
    var made = Customer.newKey(admin, customer.tenantId(), "");
    assertThat(made.text("key")).matches("op_live_[0-9a-f]{32}");
    assertThat(made.json().get("scopes")).hasToString("[\"jobs:read\",\"jobs:write\"]");
    assertThat(made.header("Cache-Control")).isEqualTo("no-store");
    assertThat(Customer.newKey(admin, customer.tenantId(), "\"mode\":\"test\"").text("key"))
        .matches("op_test_[0-9a-f]{32}");
  }

  @Test
  void theKeyIsShownOnceAndItsHashNever() {
    var made = Customer.newKey(admin, customer.tenantId(), "");
    var list = admin.get(customer.path("/api-keys")).body();
    assertThat(list).contains(made.text("key_id")).doesNotContain(made.text("key"), "hash");
    assertThat(apis.stateOf(customer.tenantId()).toString()).doesNotContain(made.text("key"));
  }

  @Test
  void whenAKeyWasUsedIsWrittenLaterAndNotByTheRequest() {
    var writes =
        apis.probe()
            .record(call -> call.mentions("last_used_at") && call.mentions(customer.keyId()));
    var before = Instant.now().minusMillis(1);
    for (int i = 0; i < 30; i++) {
      assertThat(customer.client().get("/jobs").status()).isEqualTo(200);
    }
    assertThat(writes).as("by the timer, if at all").hasSizeLessThan(10);
    apis.bean(LastUsed.class).write();
    assertThat(Instant.parse(listed(customer.keyId()).get("last_used_at").asText()))
        .isBetween(before, Instant.now());
  }

  @ParameterizedTest
  @ValueSource(strings = {"admin", "billing"})
  void nobodyGivesAScopeThatTheirKeyLacks(String scope) {
    var without =
        Customer.newKey(admin, customer.tenantId(), "\"scopes\":[\"tenant:write\",\"jobs:read\"]");
    var client = admin.with(without.text("key"));
    var wish = "{\"name\":\"more\",\"scopes\":[\"jobs:read\",\"%s\"]}".formatted(scope);
    assertThat(client.post(customer.path("/api-keys"), wish).status()).isEqualTo(403);
    assertThat(
            client
                .post(customer.path("/api-keys"), "{\"name\":\"s\",\"scopes\":[\"jobs:read\"]}")
                .status())
        .isEqualTo(201);
    var rotate = customer.path("/api-keys/" + customer.keyId() + "/rotate");
    assertThat(client.post(rotate, "{}").status()).isEqualTo(403);
  }

  @Test
  void anOperatorMakesOperatorsKeys() {
    var operators = "00000000-0000-0000-0000-000000000000";
    var made = Customer.newKey(admin, operators, "\"scopes\":[\"admin\"]");
    var second = admin.with(made.text("key"));
    assertThat(second.get(customer.path("")).status()).isEqualTo(200);
    assertThat(second.delete("/tenants/" + operators + "/api-keys/" + made.text("key_id")).status())
        .isEqualTo(204);
    assertThat(second.get(customer.path("")).status()).isEqualTo(401);
  }

  @Test
  void aReplacedKeyWorksUntilItsGraceEnds() {
    var path = customer.path("/api-keys/" + customer.keyId() + "/rotate");
    var made = customer.client().post(path, "{\"grace_seconds\":3600}");
    assertThat(made.status()).isEqualTo(201);
    assertThat(customer.client().get("/jobs").status()).isEqualTo(200);
    assertThat(admin.with(made.text("key")).get("/jobs").status()).isEqualTo(200);
    assertThat(Instant.parse(listed(customer.keyId()).get("expires_at").asText()))
        .isBetween(
            Instant.now().plus(Duration.ofMinutes(59)), Instant.now().plus(Duration.ofMinutes(61)));
    var ended = customer.client().post(path, "{\"grace_seconds\":0}");
    assertThat(ended.status()).isEqualTo(201);
    assertThat(ended.json().get("expires_at").isNull()).as("not the old one's end").isTrue();
    assertThat(customer.client().get("/jobs").status()).isEqualTo(401);
    assertThat(admin.post(path, "{}").status()).isEqualTo(409);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"2020-01-01T00:00:00Z\"",
        "\"2030-01-01T00:00:00\"",
        "\"tomorrow\"",
        "1893456000"
      })
  void anEndThatIsPastOrNoTimeIsRefused(String end) {
    var wish = "{\"name\":\"x\",\"expires_at\":%s}".formatted(end);
    var answer = admin.post(customer.path("/api-keys"), wish);
    assertThat(answer.status()).as(answer.toString()).isEqualTo(400);
    assertThat(answer.json().at("/errors/0/field").asText()).isEqualTo("expires_at");
  }

  @Test
  void whatHasNoFormOfAKeyIsNeverLookedUp() {
    var calls =
        apis.probe().record(call -> call.operation().equals("Query") && call.mentions(":hash"));
    for (var bad :
        new String[] {"x", "op_live_", "op_live_" + "A".repeat(32), "op_prod_" + "a".repeat(32)}) {
      assertThat(admin.with(bad).get("/jobs").status()).isEqualTo(401);
    }
    assertThat(calls).isEmpty();
  }

  @Test
  void manyWhoBringTheSameNewKeyAreOneLookUp() {
    var made = Customer.newKey(admin, customer.tenantId(), "").text("key");
    var calls =
        apis.probe().record(call -> call.operation().equals("Query") && call.mentions(":hash"));
    var answers = AtOnce.times(40, i -> admin.with(made).get("/auth/verify"));
    assertThat(answers).allMatch(answer -> answer.status() == 200);
    assertThat(calls).hasSize(1);
  }

  @Test
  void thatAKeyIsUnknownIsRememberedForSecondsOnly() {
    var secret = randomKey();
    var lookUps =
        apis.probe().record(call -> call.operation().equals("Query") && call.mentions(":hash"));
    for (int i = 0; i < 20; i++) {
      assertThat(admin.with(secret).get("/jobs").status()).isEqualTo(401);
    }
    assertThat(lookUps).hasSizeLessThan(15);
    appears(secret);
    await().until(() -> admin.with(secret).get("/jobs").status() == 200);
  }

  /** A program that repeats one wrong key does not lock out other callers at its address. */
  @Test
  void aWrongKeyThatIsRepeatedLeavesItsAddressAlone() throws UnknownHostException {
    var here = HttpClient.newBuilder().localAddress(InetAddress.getByName("127.0.0.78")).build();
    var repeating = new Client(here, apis.second().replace("localhost", "127.0.0.1"), randomKey());
    for (int i = 0; i < 120; i++) {
      assertThat(repeating.get("/jobs").status()).isEqualTo(401);
    }
    var newcomer = Customer.of(admin, "pro").client().key();
    assertThat(repeating.with(newcomer).get("/jobs").status()).isEqualTo(200);
  }

  /** Guessing keys costs a bounded number of reads per minute and does not lock out known keys. */
  @Test
  void aFloodOfUnknownKeysCostsABoundedNumberOfReads() throws UnknownHostException {
    var here = HttpClient.newBuilder().localAddress(InetAddress.getByName("127.0.0.77")).build();
    var flood = new Client(here, apis.second().replace("localhost", "127.0.0.1"), null);
    assertThat(flood.with(customer.client().key()).get("/jobs").status()).isEqualTo(200);
    var reads =
        apis.secondProbe()
            .record(call -> call.operation().equals("Query") && call.mentions(":hash"));
    var refused = 0;
    for (int i = 0; i < 150; i++) {
      var answer = flood.with(randomKey()).get("/jobs");
      assertThat(answer.status()).isIn(401, 429);
      refused += answer.status() == 429 ? 1 : 0;
    }
    assertThat(refused).isEqualTo(50);
    assertThat(reads).hasSize(100);
    assertThat(flood.with(customer.client().key()).get("/jobs").status()).isEqualTo(200);
    assertThat(customer.client().at(apis.second()).get("/jobs").status()).isEqualTo(200);

    // After a change to the tenant, its keys are read again.
    assertThat(admin.patch(customer.path(""), "{\"name\":\"Renamed\"}").status()).isEqualTo(200);
    await()
        .until(
            () -> {
              var known = flood.with(customer.client().key()).get("/jobs");
              assertThat(known.status()).isEqualTo(200);
              return reads.size() > 100;
            });
  }

  /** A gateway may ask with the method and the path of the request that it holds. */
  @ParameterizedTest
  @ValueSource(strings = {"POST", "DELETE", "OPTIONS"})
  void aGatewayAsksInAnyMethodAndWithAnyPath(String method) {
    var answer = customer.client().json(method, "/auth/verify/jobs/x?limit=900&y=z", null);
    assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
    assertThat(answer.header("X-Outpost-Tenant")).isEqualTo(customer.tenantId());
    assertThat(answer.header("X-Outpost-Key")).isEqualTo(customer.keyId());
    var unknown = admin.with(randomKey()).json(method, "/auth/verify/jobs", null);
    assertThat(unknown.status()).isEqualTo(401);
    assertThat(admin.get("/auth/verifying").status()).isEqualTo(404);
  }

  @Test
  void anAuthorizerOfApiGatewayGetsAPolicy() {
    var answer =
        customer
            .client()
            .json("GET", "/auth/verify", null, "Accept", "application/vnd.aws.iam-policy+json");
    assertThat(answer.header("Content-Type")).isEqualTo("application/vnd.aws.iam-policy+json");
    assertThat(answer.text("principalId")).isEqualTo(customer.tenantId());
    var statement = answer.json().at("/policyDocument/Statement/0");
    assertThat(statement.get("Effect").asText()).isEqualTo("Allow");
    assertThat(statement.get("Action").asText()).isEqualTo("execute-api:Invoke");
    assertThat(answer.json().at("/policyDocument/Version").asText()).isEqualTo("2012-10-17");
    assertThat(answer.json().get("context").valueStream()).allMatch(v -> v.isTextual());
    assertThat(answer.json().at("/context/key").asText()).isEqualTo(customer.keyId());
  }

  /** Stores the secret as a key of the customer, as if another container had just created it. */
  private void appears(String secret) {
    var keyId = Ids.ulid();
    var item =
        new HashMap<>(
            apis.clients()
                .dynamoDb()
                .getItem(
                    g ->
                        g.tableName(apis.table("tenants"))
                            .key(Tenant.key(customer.tenantId(), "key#" + customer.keyId())))
                .item());
    item.put("key_id", AttributeValue.fromS(keyId));
    item.put("sk", AttributeValue.fromS("key#" + keyId));
    item.put("key_hash", AttributeValue.fromS(ApiKeyText.parse(secret).orElseThrow().hash()));
    apis.clients().dynamoDb().putItem(p -> p.tableName(apis.table("tenants")).item(item));
  }

  private JsonNode listed(String keyId) {
    return admin
        .get(customer.path("/api-keys"))
        .json()
        .get("data")
        .valueStream()
        .filter(key -> key.get("key_id").asText().equals(keyId))
        .findFirst()
        .orElseThrow();
  }

  private static String randomKey() {
    var bytes = new byte[16];
    ThreadLocalRandom.current().nextBytes(bytes);
    return "op_live_" + HexFormat.of().formatHex(bytes);
  }
}
