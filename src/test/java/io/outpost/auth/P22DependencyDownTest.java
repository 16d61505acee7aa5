package io.outpost.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.outpost.auth.SampleRequests.Belongings;
import io.outpost.blackbox.Client;
import io.outpost.blackbox.Client.Answer;
import io.outpost.blackbox.Customer;
import io.outpost.http.Contract;
import io.outpost.http.Operation;
import io.outpost.local.AtOnce;
import io.outpost.local.SharedOutpost;
import io.outpost.local.TwoApis;
import io.outpost.tenant.Principal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;
import software.amazon.awssdk.services.secretsmanager.model.FilterNameStringType;

/**
 * While an AWS service is down, operations that need it say so and leave nothing half done; all
 * other operations work as before. The probe makes the calls of a running API to that service fail.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class P22DependencyDownTest {

  /** The operations that need each service; all others work without it. */
  private static final Map<String, Set<String>> NEEDED =
      Map.of(
          "Sqs", Set.of(),
          "S3", Set.of("getJobOutput", "listArtifacts", "verifyAudit"),
          "SecretsManager", Set.of("putSecret", "deleteSecret"));

  /** Operations that need no table: they answer from memory, with the cached key. */
  private static final Set<String> WITHOUT_TABLES =
      Set.of("verifyAuth", "getOpenapi", "getReceiptKeys", "health");

  /**
   * Only Stripe can sign this operation's requests, so the sample is refused before it needs a
   * service.
   */
  private static final String SIGNED = "receiveStripeEvent";

  private final TwoApis apis;
  private final Client admin;

  P22DependencyDownTest(TwoApis apis) {
    this.apis = apis;
    this.admin = apis.admin();
  }

  @TestFactory
  Stream<DynamicTest> withoutTheTablesNothingIsDoneAndTheAnswerSaysWhenToComeBack() {
    // All operations share one owner, because none of them changes it.
    var owner = ownerOfEverything();
    return operations()
        .filter(operation -> !WITHOUT_TABLES.contains(operation.id()))
        .map(
            operation ->
                dynamicTest(
                    operation.id(),
                    () -> {
                      var before = stateOf(owner);
                      try (var down = apis.probe().down("DynamoDb")) {
                        assertUnavailable(send(operation, owner));
                      }
                      assertThat(stateOf(owner)).isEqualTo(before);
                    }));
  }

  @TestFactory
  Stream<DynamicTest> withoutTheTablesWhatIsRememberedStillWorks() {
    var owner = ownerOfEverything();
    return operations()
        .filter(operation -> WITHOUT_TABLES.contains(operation.id()))
        .map(
            operation ->
                dynamicTest(
                    operation.id(),
                    () -> {
                      assertThat(send(operation, owner).status())
                          .as("now remembered")
                          .isEqualTo(200);
                      try (var down = apis.probe().down("DynamoDb")) {
                        assertThat(send(operation, owner).status()).isEqualTo(200);
                      }
                    }));
  }

  @TestFactory
  Stream<DynamicTest> anotherServiceTakesAwayWhatNeedsItAndLeavesNothingHalfDone() {
    return operations()
        .flatMap(
            operation ->
                NEEDED.entrySet().stream()
                    .filter(service -> service.getValue().contains(operation.id()))
                    .map(
                        service ->
                            dynamicTest(
                                operation.id() + " without " + service.getKey(),
                                () -> {
                                  var owner = ownerOfEverything();
                                  var before = stateOf(owner);
                                  try (var down = apis.probe().down(service.getKey())) {
                                    assertUnavailable(send(operation, owner));
                                  }
                                  assertThat(stateOf(owner)).isEqualTo(before);
                                })));
  }

  @TestFactory
  Stream<DynamicTest> anotherServiceTakesAwayNothingElse() {
    return NEEDED.keySet().stream()
        .map(
            service ->
                dynamicTest(
                    service,
                    () -> {
                      var owner = ownerOfEverything();
                      try (var down = apis.probe().down(service)) {
                        operations()
                            .filter(o -> !o.id().equals("healthReady"))
                            .filter(o -> !NEEDED.get(service).contains(o.id()))
                            .map(o -> send(o, owner))
                            .forEach(a -> assertThat(a.status()).as(a.toString()).isLessThan(500));
                      }
                    }));
  }

  /** A job that could not be sent to the queue is stored anyway; a sweeper sends it later. */
  @Test
  void aJobIsAcceptedWithoutTheQueue() {
    var customer = Customer.of(admin, "pro");
    try (var down = apis.probe().down("Sqs")) {
      var body = "{\"agent\":\"claude\",\"command\":\"Say hello\"}";
      assertThat(customer.client().post("/jobs", body).status()).isEqualTo(202);
    }
    assertThat(customer.client().get("/jobs").json().get("data")).hasSize(1);
  }

  /** The table fails after the change in Secrets Manager, so that change is undone. */
  @Test
  void aProviderKeyIsNotLeftHalfKept() {
    var customer = Customer.of(admin, "pro");
    var path = customer.path("/secrets/OPENAI_API_KEY");
    withoutTransactions(
        () -> assertUnavailable(customer.client().put(path, value("the first one"))));
    assertThat(secrets(customer)).isEmpty();

    assertThat(customer.client().put(path, value("the second one")).status()).isEqualTo(204);
    withoutTransactions(
        () -> assertUnavailable(customer.client().put(path, value("the third one"))));
    assertThat(secrets(customer)).containsValue("the second one");
    withoutTransactions(() -> assertUnavailable(customer.client().delete(path)));
    assertThat(secrets(customer)).containsValue("the second one");

    assertThat(customer.client().delete(path).status()).isEqualTo(204);
    withoutTransactions(
        () -> assertUnavailable(customer.client().put(path, value("the fourth one"))));
    assertThat(secrets(customer)).isEmpty();
    assertThat(customer.client().put(path, value("the fifth one")).status()).isEqualTo(204);
    assertThat(secrets(customer)).containsValue("the fifth one");
  }

  @Test
  void readinessNamesWhatIsDown() {
    try (var down = apis.probe().down("S3")) {
      await().until(() -> admin.get("/health/ready").status() == 503);
      var answer = admin.get("/health/ready");
      assertThat(answer.json().at("/components/s3").asText()).isEqualTo("DOWN");
      assertThat(answer.json().at("/components/dynamodb").asText()).isEqualTo("UP");
      assertThat(answer.header("Retry-After")).isNotEmpty();
    }
    await().until(() -> admin.get("/health/ready").status() == 200);
  }

  /** Readiness is open to everybody without a limit, so the API asks AWS only once a second. */
  @Test
  void manyWhoAskForReadinessCostOneQuestion() {
    var asked =
        apis.probe()
            .record(call -> Set.of("DescribeTable", "HeadBucket").contains(call.operation()));
    var began = System.nanoTime();
    AtOnce.times(50, i -> admin.with(null).get("/health/ready"));
    var seconds = Duration.ofNanos(System.nanoTime() - began).toSeconds();
    assertThat(asked)
        .as("two calls at the start, and in each second that has begun")
        .hasSizeLessThanOrEqualTo(2 * (int) (seconds + 2));
  }

  private Stream<Operation> operations() {
    return StreamSupport.stream(apis.bean(Contract.class).operations().spliterator(), false)
        .filter(operation -> !operation.id().equals(SIGNED));
  }

  private Belongings ownerOfEverything() {
    return Belongings.of(admin, Customer.of(admin, "enterprise"));
  }

  private Answer send(Operation operation, Belongings owner) {
    var operators = Set.of(Principal.ADMIN).equals(operation.anyOf());
    return SampleRequests.send(operation, operators ? admin : owner.customer().client(), owner);
  }

  private void withoutTransactions(Runnable task) {
    try (var down = apis.probe().down("DynamoDb", "TransactWriteItems")) {
      task.run();
    }
  }

  private static String value(String value) {
    return "{\"value\":\"%s\"}".formatted(value);
  }

  private List<Object> stateOf(Belongings owner) {
    return List.of(apis.stateOf(owner.customer().tenantId()), secrets(owner.customer()));
  }

  private Map<String, String> secrets(Customer customer) {
    var found = new TreeMap<String, String>();
    var manager = apis.clients().secrets();
    var prefix = "/outpost/tenants/" + customer.tenantId() + "/";
    manager
        .listSecrets(l -> l.filters(f -> f.key(FilterNameStringType.NAME).values(prefix)))
        .secretList()
        .forEach(
            s ->
                found.put(
                    s.name(), manager.getSecretValue(g -> g.secretId(s.name())).secretString()));
    return found;
  }

  private static void assertUnavailable(Answer answer) {
    assertThat(answer.status()).as(answer.toString()).isEqualTo(503);
    assertThat(Integer.parseInt(answer.header("Retry-After"))).isPositive();
    if (!answer.json().has("components")) {
      assertThat(answer.problem()).isEqualTo("unavailable");
      assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
      assertThat(answer.text("detail")).doesNotContain("DynamoDb", "Secrets", "S3", "for this");
    }
  }
}
