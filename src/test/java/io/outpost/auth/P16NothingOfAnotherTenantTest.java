package io.outpost.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.outpost.auth.SampleRequests.Belongings;
import io.outpost.blackbox.Client;
import io.outpost.blackbox.Client.Answer;
import io.outpost.blackbox.Customer;
import io.outpost.http.Contract;
import io.outpost.http.Operation;
import io.outpost.local.SharedOutpost;
import io.outpost.local.TwoApis;
import io.outpost.tenant.Principal;
import io.outpost.tenant.Tenant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * Calls each operation of the contract as each kind of caller. A caller without permission gets the
 * error of the contract, and a resource of another tenant looks the same as a missing one.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class P16NothingOfAnotherTenantTest {

  /** Operations on resources that exist only after a worker has run the job. */
  private static final Set<String> MADE_BY_A_RUN =
      Set.of("getJobOutput", "listArtifacts", "deleteWorkspace", "voidUsage");

  /** Operations that need a job that has run. */
  private static final Set<String> AFTER_A_RUN = Set.of("continueJob", "getJobReceipt");

  private static final String NONE = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

  private final TwoApis apis;
  private final Client admin;
  private final List<Operation> operations;
  private final Map<String, Client> keysWith = new HashMap<>();
  private Belongings victim;
  private Belongings owner;

  P16NothingOfAnotherTenantTest(TwoApis apis) {
    this.apis = apis;
    this.admin = apis.admin();
    this.operations =
        StreamSupport.stream(apis.bean(Contract.class).operations().spliterator(), false).toList();
  }

  @BeforeEach
  void someoneHasOneOfEverything() {
    if (victim == null) {
      victim = ownerOfEverything();
    }
  }

  @Test
  void everyOperationHasARow() {
    assertThat(operations).isNotEmpty().allMatch(SampleRequests::has);
  }

  @TestFactory
  Stream<DynamicTest> whoIsNotLetInByAnyOperation() {
    var unusable =
        Map.of(
            "no key", admin.with(null),
            "a malformed key", admin.with("op_live_0123"),
            "an unknown key", admin.with("op_live_" + "a".repeat(32)),
            "a revoked key", revoked(),
            "an expired key", expired(),
            "a deleted tenant's key", deleted());
    return closed()
        .flatMap(
            operation ->
                unusable.entrySet().stream()
                    .map(
                        caller ->
                            dynamicTest(
                                operation.id() + " with " + caller.getKey(),
                                () -> {
                                  var answer = send(operation, caller.getValue(), victim);
                                  assertProblem(answer, 401, "unauthenticated");
                                  assertThat(answer.header("WWW-Authenticate")).isEqualTo("Bearer");
                                })));
  }

  @TestFactory
  Stream<DynamicTest> aSuspendedTenantIsForbiddenEverything() {
    var owner = ownerOfEverything();
    admin.patch(owner.customer().path(""), "{\"status\":\"suspended\"}");
    return closed()
        .map(
            operation ->
                dynamicTest(
                    operation.id(),
                    () -> {
                      var answer = send(operation, owner.customer().client(), owner);
                      assertProblem(answer, 403, "forbidden");
                      assertThat(answer.header("RateLimit")).isNotEmpty();
                    }));
  }

  @TestFactory
  Stream<DynamicTest> aKeyWithoutTheScopeIsForbidden() {
    return closed()
        .filter(operation -> !operation.anyOf().isEmpty())
        .map(
            operation ->
                dynamicTest(
                    operation.id(),
                    () -> {
                      var owner = withoutScopesOf(operation);
                      assertProblem(send(operation, owner, victim), 403, "forbidden");
                    }));
  }

  @TestFactory
  Stream<DynamicTest> anotherTenantsResourceIsNotThere() {
    var stranger = Customer.of(admin, "enterprise").client();
    var nothing = new Belongings(nobody(stranger), NONE, NONE, NONE, NONE, NONE);
    return closed()
        .map(
            operation ->
                dynamicTest(
                    operation.id(),
                    () -> {
                      var before = stateOf(victim);
                      var answer = send(operation, stranger, victim);
                      if (operation.anyOf().equals(Set.of(Principal.ADMIN))) {
                        assertProblem(answer, 403, "forbidden");
                      } else if (operation.path().contains("{")) {
                        assertProblem(answer, 404, "not-found");
                        assertLooksLike(answer, send(operation, stranger, nothing));
                      } else {
                        assertLetIn(operation, answer);
                      }
                      assertThat(answer.body().replace(answer.text("instance"), ""))
                          .doesNotContain(victim.customer().tenantId(), victim.jobId());
                      assertThat(stateOf(victim)).isEqualTo(before);
                    }));
  }

  @TestFactory
  Stream<DynamicTest> anOperatorIsLetInWhereTheContractNamesAdmin() {
    return closed()
        .map(
            operation ->
                dynamicTest(
                    operation.id(),
                    () -> {
                      var answer = send(operation, admin, ownerFor(operation));
                      if (operation.anyOf().isEmpty()
                          || operation.anyOf().contains(Principal.ADMIN)) {
                        assertLetIn(operation, answer);
                      } else {
                        assertProblem(answer, 403, "forbidden");
                      }
                    }));
  }

  @TestFactory
  Stream<DynamicTest> anOwnerIsLetInUnlessItTakesAnOperator() {
    return closed()
        .map(
            operation ->
                dynamicTest(
                    operation.id(),
                    () -> {
                      var owner = ownerFor(operation);
                      var answer = send(operation, owner.customer().client(), owner);
                      if (operation.anyOf().equals(Set.of(Principal.ADMIN))) {
                        assertProblem(answer, 403, "forbidden");
                      } else {
                        assertLetIn(operation, answer);
                      }
                    }));
  }

  @TestFactory
  Stream<DynamicTest> whatIsOpenAsksForNoKey() {
    return operations.stream()
        .filter(Operation::open)
        .map(
            operation ->
                dynamicTest(
                    operation.id(),
                    () ->
                        assertThat(send(operation, admin.with(null), victim).status())
                            .isIn(200, 400)));
  }

  private Stream<Operation> closed() {
    return operations.stream().filter(operation -> !operation.open());
  }

  private static Answer send(Operation operation, Client caller, Belongings target) {
    return SampleRequests.send(operation, caller, target);
  }

  private Belongings ownerOfEverything() {
    return Belongings.of(admin, Customer.of(admin, "enterprise"));
  }

  /** Returns one shared owner for operations that only read, and a new owner for each other one. */
  private Belongings ownerFor(Operation operation) {
    if (operation.method().equals("GET")) {
      owner = owner == null ? ownerOfEverything() : owner;
      return owner;
    }
    return Belongings.of(admin, Customer.of(admin, "enterprise"), operation);
  }

  private static Customer nobody(Client client) {
    return new Customer("00000000-1111-2222-3333-444444444444", NONE, client);
  }

  private Client revoked() {
    var customer = Customer.of(admin, "free");
    admin.delete(customer.path("/api-keys/" + customer.keyId()));
    return customer.client();
  }

  private Client deleted() {
    var customer = Customer.of(admin, "free");
    admin.delete(customer.path(""));
    return customer.client();
  }

  /** No key can be created expired, so the stored time of expiry is moved to the past. */
  private Client expired() {
    var customer = Customer.of(admin, "free");
    apis.clients()
        .dynamoDb()
        .updateItem(
            u ->
                u.tableName(apis.table("tenants"))
                    .key(Tenant.key(customer.tenantId(), "key#" + customer.keyId()))
                    .updateExpression("SET expires_at = :past")
                    .expressionAttributeValues(
                        Map.of(":past", AttributeValue.fromS("2026-01-01T00:00:00.000Z"))));
    return customer.client();
  }

  /** A client with a key of the victim's own tenant that has every scope except the operation's. */
  private Client withoutScopesOf(Operation operation) {
    var others = new TreeSet<>(Customer.SCOPES);
    others.removeAll(operation.anyOf());
    var list = others.stream().map(s -> '"' + s + '"').collect(Collectors.joining(","));
    return keysWith.computeIfAbsent(
        list,
        scopes -> {
          var tenantId = victim.customer().tenantId();
          var key = Customer.newKey(admin, tenantId, "\"scopes\":[" + scopes + "]");
          return admin.with(key.text("key"));
        });
  }

  private Object stateOf(Belongings owner) {
    return apis.stateOf(owner.customer().tenantId());
  }

  private static void assertLetIn(Operation operation, Answer answer) {
    if (answer.status() == 409) {
      assertThat(operation.id()).isIn(AFTER_A_RUN);
      return;
    }
    assertThat(answer.status()).as(answer.toString()).isIn(200, 201, 202, 204, 302, 404, 503);
    if (answer.status() == 404) {
      assertThat(operation.id()).isIn(MADE_BY_A_RUN);
    }
  }

  private static void assertProblem(Answer answer, int status, String code) {
    assertThat(answer.status()).as(answer.toString()).isEqualTo(status);
    assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
    assertThat(answer.problem()).isEqualTo(code);
    assertThat(answer.text("request_id")).isEqualTo(answer.header("X-Request-Id"));
  }

  private static void assertLooksLike(Answer one, Answer other) {
    assertThat(other.status()).isEqualTo(one.status());
    assertThat(other.text("detail")).isEqualTo(one.text("detail"));
    assertThat(other.text("title")).isEqualTo(one.text("title"));
  }
}
