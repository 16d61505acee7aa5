package io.outpost.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.outpost.blackbox.Client;
import io.outpost.blackbox.Client.Answer;
import io.outpost.blackbox.Customer;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Every attempt to call is in the audit with its reason and its caller, but without the key. The
 * product runs on embedded AWS.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class AttemptsAreAuditedTest {

  private static final String OPERATORS = "00000000-0000-0000-0000-000000000000";

  private final Client admin;
  private final Customer customer;

  AttemptsAreAuditedTest(LocalOutpost outpost) {
    admin = Client.of(outpost.address()).with(outpost.adminKey());
    customer = Customer.of(admin, "pro");
  }

  @Test
  void aGoodOne() {
    var entry = entryOf(customer.tenantId(), customer.client().get("/jobs"));
    assertThat(entry.get("outcome").asText()).isEqualTo("allowed");
    assertThat(entry.get("key_id").asText()).isEqualTo(customer.keyId());
    assertThat(entry.get("metadata")).isEmpty();
  }

  /**
   * A tenant's audit begins with its creation, once; a repetition creates nothing, so it is in the
   * operators' audit.
   */
  @Test
  void theMakingOfATenantIsInItsOwn() {
    var wish = "{\"name\":\"New\",\"email\":\"new@customer.example\"}";
    var key = UUID.randomUUID().toString();
    var made = admin.json("POST", "/tenants", wish, "Idempotency-Key", key);
    var again = admin.json("POST", "/tenants", wish, "Idempotency-Key", key);
    assertThat(again.header("Idempotent-Replayed")).isEqualTo("true");
    var entry = entryOf(made.text("tenant_id"), made);
    assertThat(entry.get("action").asText()).isEqualTo("createTenant");
    assertThat(entry.get("status").asInt()).isEqualTo(201);
    entryOf(OPERATORS, again);
    assertThat(find(OPERATORS, made)).isEmpty();
    assertThat(find(made.text("tenant_id"), again)).isEmpty();
  }

  @Test
  void aRevokedKeysOwnerIsTold() {
    admin.delete(customer.path("/api-keys/" + customer.keyId()));
    refused(customer.tenantId(), customer.client().get("/jobs"), "unauthenticated", "revoked");
  }

  @Test
  void aSuspendedTenants() {
    admin.patch(customer.path(""), "{\"status\":\"suspended\"}");
    refused(customer.tenantId(), customer.client().get("/jobs"), "forbidden", "tenant-suspended");
  }

  @Test
  void oneWithoutTheScope() {
    refused(customer.tenantId(), customer.client().get("/tenants"), "forbidden", "scope");
  }

  @Test
  void oneAtAnotherTenantIsInTheCallersAuditAlone() {
    var other = Customer.of(admin, "pro");
    var answer = customer.client().get(other.path(""));
    refused(customer.tenantId(), answer, "not-found", "another-tenant");
    assertThat(find(other.tenantId(), answer)).isEmpty();
  }

  @Test
  void oneOfNobodyIsTheOperatorsToSee() {
    var none = refused(OPERATORS, admin.with(null).get("/jobs"), "unauthenticated", "no-key");
    assertThat(none.get("key_id").isNull()).isTrue();
    assertThat(none.get("ip_address").asText()).isNotEmpty();
    refused(OPERATORS, admin.with("op_live_x").get("/jobs"), "unauthenticated", "malformed");
    var unknown = "op_live_" + "7".repeat(32);
    var entry = refused(OPERATORS, admin.with(unknown).get("/jobs"), "unauthenticated", "unknown");
    assertThat(entry.toString()).doesNotContain("7".repeat(32));
  }

  private JsonNode refused(String tenantId, Answer answer, String problem, String reason) {
    assertThat(answer.problem()).isEqualTo(problem);
    var entry = entryOf(tenantId, answer);
    assertThat(entry.at("/metadata/problem").asText()).isEqualTo(problem);
    assertThat(entry.at("/metadata/reason").asText()).isEqualTo(reason);
    assertThat(entry.get("outcome").asText()).isEqualTo("denied");
    assertThat(entry.get("status").asInt()).isEqualTo(answer.status());
    return entry;
  }

  private JsonNode entryOf(String tenantId, Answer answer) {
    return await().until(() -> find(tenantId, answer), Optional::isPresent).orElseThrow();
  }

  private Optional<JsonNode> find(String tenantId, Answer answer) {
    var page = admin.get("/tenants/" + tenantId + "/audit?limit=100").json();
    return page.get("data")
        .valueStream()
        .filter(e -> e.path("request_id").asText().equals(answer.header("X-Request-Id")))
        .findFirst();
  }
}
