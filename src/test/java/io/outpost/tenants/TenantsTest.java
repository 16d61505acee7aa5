package io.outpost.tenants;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outpost.blackbox.Client;
import io.outpost.blackbox.Customer;
import io.outpost.local.AtOnce;
import io.outpost.local.SharedOutpost;
import io.outpost.local.TwoApis;
import io.outpost.tenant.Tenant;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** Concurrent changes of a tenant are not lost, and a deleted tenant's keys stop working. */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class TenantsTest {

  private final TwoApis apis;
  private final Client admin;
  private final Customer customer;

  TenantsTest(TwoApis apis) {
    this.apis = apis;
    this.admin = apis.admin();
    this.customer = Customer.of(admin, "pro");
    // Waits for the customer at Stripe, which changes the tenant.
    await().until(() -> admin.get(customer.path("")).json().hasNonNull("stripe_customer_id"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "NOW | 200",
        "* | 200",
        "\"7\", NOW | 200",
        "\"2\" | 412",
        "W/NOW | 412",
        "1 | 412",
        "\"11\" | 412"
      })
  void aChangeThatIsBasedOnAnotherStateIsRefused(String ifMatch, int status) {
    var tag = admin.get(customer.path("")).header("ETag");
    var match = ifMatch.replace("NOW", tag);
    var answer =
        customer.client().json("PATCH", customer.path(""), "{\"name\":\"New\"}", "If-Match", match);
    assertThat(answer.status()).as(answer.toString()).isEqualTo(status);
    var now = admin.get(customer.path(""));
    assertThat(now.text("name")).isEqualTo(status == 200 ? "New" : "A customer");
    assertThat(now.header("ETag").equals(tag)).isEqualTo(status != 200);
    assertThat(answer.header("ETag")).isEqualTo(status == 200 ? now.header("ETag") : "");
  }

  @Test
  void ofManyChangesOfOneStateOneIsMade() {
    var tag = admin.get(customer.path("")).header("ETag");
    var answers =
        AtOnce.times(
            20,
            i ->
                admin.json(
                    "PATCH", customer.path(""), "{\"name\":\"N" + i + "\"}", "If-Match", tag));
    assertThat(answers).filteredOn(answer -> answer.status() == 200).hasSize(1);
    assertThat(answers).allSatisfy(answer -> assertThat(answer.status()).isIn(200, 409, 412));
    assertThat(admin.get(customer.path("")).header("ETag")).isNotEqualTo(tag);
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"tier\":\"enterprise\"}", "{\"status\":\"active\"}"})
  void statusAndTierAreTheOperators(String change) {
    assertThat(customer.client().patch(customer.path(""), change).status()).isEqualTo(403);
    assertThat(admin.patch(customer.path(""), change).status()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"status\":\"deleted\"}",
        "{\"status\":\"past_due\"}",
        "{\"tier\":\"gold\"}",
        "{\"name\":\"\"}",
        "{\"name\":\"half \\ud800\"}",
        "{\"name\":\"x\\u0000\"}",
        "{\"email\":\"nowhere\"}",
        "{\"version\":7}",
        "{\"name\":\"a\",\"name\":\"b\"}",
        "[]",
        "null",
        "not json"
      })
  void whatIsNoChangeIsRefused(String change) {
    var tag = admin.get(customer.path("")).header("ETag");
    var answer = admin.patch(customer.path(""), change);
    assertThat(answer.status()).as(answer.toString()).isEqualTo(400);
    assertThat(answer.json().get("errors")).isNotEmpty();
    assertThat(admin.get(customer.path("")).header("ETag")).isEqualTo(tag);
  }

  @Test
  void aDeletedTenantIsGoneForAllButItsOperators() {
    assertThat(admin.delete(customer.path("")).status()).isEqualTo(204);
    assertThat(customer.client().get("/jobs").status()).isEqualTo(401);
    assertThat(admin.get(customer.path("")).text("status")).isEqualTo("deleted");
    assertThat(admin.delete(customer.path("")).status()).isEqualTo(404);
    assertThat(admin.patch(customer.path(""), "{\"status\":\"active\"}").status()).isEqualTo(404);
    assertThat(admin.post(customer.path("/api-keys"), "{\"name\":\"x\"}").status()).isEqualTo(404);
    assertThat(admin.get(customer.path("/api-keys")).status()).isEqualTo(404);
    assertThat(admin.get(customer.path("/secrets")).status()).isEqualTo(404);
    var secret = admin.put(customer.path("/secrets/A_KEY"), "{\"value\":\"of-a-test\"}");
    assertThat(secret.status()).isEqualTo(404);
  }

  @Test
  void whatIsAskedOfATenantThatNeverWasIsNotThere() {
    var path = "/tenants/11111111-2222-3333-4444-555555555555";
    assertThat(admin.get(path).status()).isEqualTo(404);
    assertThat(admin.get(path + "/api-keys").status()).isEqualTo(404);
    assertThat(admin.get(path + "/secrets").status()).isEqualTo(404);
    assertThat(admin.put(path + "/secrets/A_KEY", "{\"value\":\"of-a-test\"}").status())
        .isEqualTo(404);
    assertThat(admin.post(path + "/api-keys", "{\"name\":\"x\"}").status()).isEqualTo(404);
    assertThat(apis.stateOf("11111111-2222-3333-4444-555555555555")).isEmpty();
  }

  /** After the grace period a failed payment blocks changes, but never reading and paying. */
  @Test
  void longAfterAFailedPaymentATenantMayOnlyReadAndPay() {
    pastDueSince(Instant.now().minus(Duration.ofDays(6)));
    assertThat(customer.client().submit("claude", "Say hello")).isNotEmpty();
    pastDueSince(Instant.now().minus(Duration.ofDays(8)));
    var job = "{\"agent\":\"claude\",\"command\":\"x\"}";
    await().until(() -> customer.client().post("/jobs", job).status() == 403);
    assertThat(customer.client().get("/jobs").status()).isEqualTo(200);
    assertThat(customer.client().get("/auth/verify").status()).isEqualTo(200);
    assertThat(customer.client().get("/billing/usage").status()).isEqualTo(200);
    assertThat(customer.client().patch(customer.path(""), "{\"name\":\"N\"}").status())
        .isEqualTo(403);
    admin.patch(customer.path(""), "{\"status\":\"active\"}");
    assertThat(customer.client().post("/jobs", job).status()).isEqualTo(202);
  }

  /**
   * Writes the date as billing does; an operator's change makes every container reload the tenant.
   */
  private void pastDueSince(Instant since) {
    apis.clients()
        .dynamoDb()
        .updateItem(
            u ->
                u.tableName(apis.table("tenants"))
                    .key(Tenant.key(customer.tenantId()))
                    .updateExpression("SET #status = :due, past_due_since = :since")
                    .expressionAttributeNames(Map.of("#status", "status"))
                    .expressionAttributeValues(
                        Map.of(
                            ":due", AttributeValue.fromS("past_due"),
                            ":since", AttributeValue.fromS(io.outpost.kernel.Json.time(since)))));
    admin.patch(customer.path(""), "{\"name\":\"A customer\"}");
  }
}
