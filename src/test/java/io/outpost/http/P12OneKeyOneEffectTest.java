package io.outpost.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.blackbox.Client;
import io.outpost.blackbox.Client.Answer;
import io.outpost.blackbox.Customer;
import io.outpost.local.AtOnce;
import io.outpost.local.SharedOutpost;
import io.outpost.local.TwoApis;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.core.exception.SdkClientException;

/** A POST that is repeated with the same Idempotency-Key has its effect once. */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class P12OneKeyOneEffectTest {

  private static final String KEY = "Idempotency-Key";
  private static final String JOB = "{\"agent\":\"claude\",\"command\":\"Say hello\"}";
  private static final int TIMES = 50;

  private final TwoApis apis;
  private final Client admin;
  private final Customer customer;
  private final String once = UUID.randomUUID().toString();

  P12OneKeyOneEffectTest(TwoApis apis) {
    this.apis = apis;
    this.admin = apis.admin();
    this.customer = Customer.of(admin, "enterprise");
  }

  @Test
  void fiftyAtOnceMakeOneTenant() {
    var name = "Once " + once;
    var body = "{\"name\":\"%s\",\"email\":\"once@customer.example\"}".formatted(name);
    var answers = fiftyTimes(admin, "/tenants", body);
    assertOneAnswer(answers, 201);
    assertThat(admin.get("/tenants?limit=100").json().get("data").valueStream())
        .filteredOn(tenant -> tenant.get("name").asText().equals(name))
        .hasSize(1);
  }

  @Test
  void fiftyAtOnceMakeOneApiKeyAndAllAreShownIt() {
    var path = customer.path("/api-keys");
    var answers = fiftyTimes(customer.client(), path, "{\"name\":\"once\"}");
    assertOneAnswer(answers, 201);
    assertThat(answers.getFirst().text("key")).startsWith("op_live_");
    assertThat(customer.client().get(path).json().get("data")).hasSize(2);
  }

  @Test
  void fiftyAtOnceReplaceAKeyOnce() {
    var path = customer.path("/api-keys/" + customer.keyId() + "/rotate");
    assertOneAnswer(fiftyTimes(customer.client(), path, "{}"), 201);
    assertThat(admin.get(customer.path("/api-keys")).json().get("data")).hasSize(2);
  }

  @Test
  void fiftyAtOnceMakeOneJob() {
    assertOneAnswer(fiftyTimes(customer.client(), "/jobs", JOB), 202);
    assertThat(customer.client().get("/jobs").json().get("data")).hasSize(1);
  }

  @Test
  void aKeyThatWasReplacedWithoutGraceIsAnsweredTheSameAgain() {
    var path = customer.path("/api-keys/" + customer.keyId() + "/rotate");
    var first = admin.json("POST", path, "{\"grace_seconds\":0}", KEY, once);
    var second = admin.json("POST", path, "{\"grace_seconds\":0}", KEY, once);
    assertThat(first.status()).isEqualTo(201);
    assertThat(second.status()).as(second.toString()).isEqualTo(201);
    assertThat(second.body()).isEqualTo(first.body());
    assertThat(second.header("Idempotent-Replayed")).isEqualTo("true");
    assertThat(second.header("Cache-Control")).isEqualTo("no-store");
  }

  @Test
  void theFirstAnswerComesBackWithItsLocation() {
    var first = customer.client().json("POST", "/jobs", JOB, KEY, once);
    var second = customer.client().at(apis.second()).json("POST", "/jobs", JOB, KEY, once);
    assertThat(first.header("Idempotent-Replayed")).isEmpty();
    assertThat(second.header("Idempotent-Replayed")).isEqualTo("true");
    assertThat(second.header("Location")).isEqualTo(first.header("Location")).isNotEmpty();
    assertThat(second.body()).isEqualTo(first.body());
  }

  @Test
  void theSameKeyWithAnotherRequestIsRefused() {
    customer.client().json("POST", "/jobs", JOB, KEY, once);
    var otherBody = JOB.replace("hello", "goodbye");
    var body = customer.client().json("POST", "/jobs", otherBody, KEY, once);
    assertThat(body.status()).isEqualTo(422);
    assertThat(body.problem()).isEqualTo("idempotency-key-reused");
    var rotate = customer.path("/api-keys/" + customer.keyId() + "/rotate");
    var path = customer.client().json("POST", rotate, "{}", KEY, once);
    assertThat(path.status()).isEqualTo(422);
    assertThat(customer.client().get("/jobs").json().get("data")).hasSize(1);
  }

  /** The stored answer may contain what the other API key may not read. */
  @Test
  void keysOfATenantDoNotShareAnswers() {
    var scopes = "\"scopes\":[\"tenant:write\"]";
    var weak = admin.with(Customer.newKey(admin, customer.tenantId(), scopes).text("key"));
    var body = "{\"name\":\"strong\",\"scopes\":[\"secrets:write\"]}";
    var path = customer.path("/api-keys");
    var first = customer.client().json("POST", path, body, KEY, once);
    assertThat(first.status()).isEqualTo(201);
    assertThat(weak.json("POST", path, body, KEY, once).status()).isEqualTo(403);
    var rotate = customer.path("/api-keys/" + customer.keyId() + "/rotate");
    var rotated = customer.client().json("POST", rotate, "{}", KEY, once + "-rotate");
    assertThat(rotated.status()).isEqualTo(201);
    assertThat(weak.json("POST", rotate, "{}", KEY, once + "-rotate").status()).isEqualTo(403);
    var job = customer.client().json("POST", "/jobs", JOB, KEY, once + "-job");
    assertThat(job.status()).isEqualTo(202);
    assertThat(weak.json("POST", "/jobs", JOB, KEY, once + "-job").status()).isEqualTo(403);
    var operator = admin.json("POST", path, body, KEY, once);
    assertThat(operator.header("Idempotent-Replayed")).isEmpty();
  }

  @Test
  void aRotatedKeyCountsAsTheOneBeforeIt() {
    var first = customer.client().json("POST", "/jobs", JOB, KEY, once);
    var second = rotated(customer.client(), customer.keyId());
    var third = rotated(admin.with(second.text("key")), second.text("key_id"));
    for (var key : List.of(second.text("key"), third.text("key"))) {
      var again = admin.with(key).json("POST", "/jobs", JOB, KEY, once);
      assertThat(again.header("Idempotent-Replayed")).isEqualTo("true");
      assertThat(again.body()).isEqualTo(first.body());
    }
    assertThat(customer.client().get("/jobs").json().get("data")).hasSize(1);
  }

  private Answer rotated(Client client, String keyId) {
    var path = customer.path("/api-keys/" + keyId + "/rotate");
    return client.json("POST", path, "{}");
  }

  @Test
  void tenantsDoNotShareKeys() {
    var other = Customer.of(admin, "enterprise");
    var mine = customer.client().json("POST", "/jobs", JOB, KEY, once);
    var theirs = other.client().json("POST", "/jobs", JOB, KEY, once);
    assertThat(theirs.status()).isEqualTo(202);
    assertThat(theirs.text("job_id")).isNotEqualTo(mine.text("job_id"));
    assertThat(theirs.text("tenant_id")).isEqualTo(other.tenantId());
  }

  /** The transaction is written but its answer is lost, so the client retries. */
  @Test
  void aCrashBetweenEffectAndAnswerLeavesOneEffect() {
    try (var crash =
        apis.probe()
            .afterEach(
                call -> {
                  if (call.operation().equals("TransactWriteItems")
                      && call.mentions(customer.tenantId())) {
                    throw SdkClientException.create("The connection broke, for this test");
                  }
                })) {
      var lost = customer.client().json("POST", "/jobs", JOB, KEY, once);
      assertThat(lost.status()).isEqualTo(503);
      assertThat(lost.header("Retry-After")).isNotEmpty();
    }
    var again = customer.client().json("POST", "/jobs", JOB, KEY, once);
    assertThat(again.status()).isEqualTo(202);
    assertThat(again.header("Idempotent-Replayed")).isEqualTo("true");
    assertThat(customer.client().get("/jobs").json().get("data"))
        .singleElement()
        .satisfies(job -> assertThat(job.get("job_id").asText()).isEqualTo(again.text("job_id")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "tab\tin it"})
  void aKeyThatIsNotPrintableAsciiIsRefused(String bad) {
    assertRefused(customer.client().json("POST", "/jobs", JOB, KEY, bad));
  }

  @Test
  void aKeyThatIsTooLongIsRefused() {
    assertRefused(customer.client().json("POST", "/jobs", JOB, KEY, "x".repeat(256)));
    var longest = customer.client().json("POST", "/jobs", JOB, KEY, "x".repeat(255));
    assertThat(longest.status()).isEqualTo(202);
  }

  private static void assertRefused(Answer answer) {
    assertThat(answer.status()).as(answer.toString()).isEqualTo(400);
    assertThat(answer.json().at("/errors/0/field").asText()).isEqualTo(KEY);
  }

  /** Sends fifty requests at once, half of them to the other instance. */
  private List<Answer> fiftyTimes(Client client, String path, String body) {
    return AtOnce.times(
        TIMES,
        i -> {
          var where = i % 2 == 0 ? client : client.at(apis.second());
          return where.json("POST", path, body, KEY, once);
        });
  }

  /** All answers are the same, except for 409 while the first request is in flight. */
  private static void assertOneAnswer(List<Answer> answers, int status) {
    assertThat(answers).hasSize(TIMES);
    assertThat(answers).allSatisfy(answer -> assertThat(answer.status()).isIn(status, 409));
    var done = answers.stream().filter(answer -> answer.status() == status).toList();
    assertThat(done).isNotEmpty();
    assertThat(done.stream().map(Answer::body).distinct()).hasSize(1);
    assertThat(done)
        .allSatisfy(a -> assertThat(a.header("Content-Type")).isEqualTo("application/json"));
    assertThat(done).filteredOn(a -> a.header("Idempotent-Replayed").isEmpty()).hasSize(1);
  }
}
