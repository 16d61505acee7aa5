package io.outpost.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outpost.aws.Names;
import io.outpost.blackbox.Client;
import io.outpost.blackbox.Customer;
import io.outpost.job.WorkspaceLeases;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import io.outpost.tenant.Tenant;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/** A tenant's pending jobs are capped, and freed room is usable at once. */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class SubmissionCapsTest {

  private static final String HOOK = "{\"url\":\"https://hooks.example.com/outpost\"}";
  private static final String SECRET = "{\"value\":\"one value\"}";
  private static final String JOB = "{\"agent\":\"claude\",\"command\":\"Say hello\"}";

  @Test
  void oneJobMoreThanTheCapIsRefusedUntilOneHasGone(EmbeddedAws aws) {
    var settings =
        Map.<String, Object>of(
            "server.port", 0, "outpost.env", "caps", "outpost.jobs.most-pending.enterprise", 5);
    try (var outpost = LocalOutpost.on(aws.endpoints(), "api", settings)) {
      var admin = Client.of(outpost.address()).with(outpost.adminKey());
      var customer = Customer.of(admin, "enterprise").client();
      var first = customer.submit(JOB);
      for (int i = 1; i < 5; i++) {
        customer.submit(JOB);
      }
      var refused = customer.post("/jobs", JOB);
      assertThat(refused.status()).isEqualTo(409);
      assertThat(refused.problem()).isEqualTo("limit-reached");
      assertThat(refused.text("detail")).contains("5 pending jobs");
      assertThat(Customer.of(admin, "enterprise").client().post("/jobs", JOB).status())
          .isEqualTo(202);
      assertThat(customer.delete("/jobs/" + first).status()).isEqualTo(200);
      await().until(() -> customer.post("/jobs", JOB).status() == 202);
      assertThat(customer.post("/jobs", JOB).status()).isEqualTo(409);
    }
  }

  @Test
  void aTiersCapOnIdempotencyKeysLeavesRepetitionsAlone(EmbeddedAws aws) {
    var settings =
        Map.<String, Object>of(
            "server.port", 0, "outpost.env", "keys", "outpost.http.idempotency-keys.pro", 3);
    try (var outpost = LocalOutpost.on(aws.endpoints(), "api", settings)) {
      var admin = Client.of(outpost.address()).with(outpost.adminKey());
      var customer = Customer.of(admin, "pro").client();
      for (int i = 0; i < 3; i++) {
        assertThat(submit(customer, "key-" + i).status()).isEqualTo(202);
      }
      var refused = submit(customer, "key-3");
      assertThat(refused.status()).isEqualTo(409);
      assertThat(refused.problem()).isEqualTo("limit-reached");
      assertThat(refused.text("detail")).contains("pro", "3 Idempotency-Keys");
      assertThat(submit(customer, "key-0").header("Idempotent-Replayed")).isEqualTo("true");
      assertThat(customer.post("/jobs", JOB).status()).isEqualTo(202);
      var other = Customer.of(admin, "enterprise").client();
      for (int i = 0; i < 4; i++) {
        assertThat(submit(other, "key-" + i).status()).isEqualTo(202);
      }
    }
  }

  /** The cap is that of the resource's tenant, also when an operator creates the resource. */
  @Test
  void everyCapGoesByTierAndTellsItsName(EmbeddedAws aws) {
    var settings =
        Map.<String, Object>of(
            "server.port", 0,
            "outpost.env", "tiers",
            "outpost.auth.live-keys.free", 2,
            "outpost.secrets.most.free", 1,
            "outpost.webhooks.most.free", 1,
            "outpost.jobs.most-workspaces.free", 1,
            "outpost.webhooks.settle", 0);
    try (var outpost = LocalOutpost.on(aws.endpoints(), "api", settings)) {
      var admin = Client.of(outpost.address()).with(outpost.adminKey());
      var free = Customer.of(admin, "free");
      var pro = Customer.of(admin, "pro");
      for (var own : new boolean[] {true, false}) {
        assertThat(reached(free, own ? free.client() : admin, "/api-keys", "{\"name\":\"k\"}"))
            .isEqualTo("2 live API keys");
        assertThat(reached(free, own ? free.client() : admin, "/webhooks", HOOK))
            .isEqualTo("1 webhooks");
        assertThat(reached(free, own ? free.client() : admin, "/secrets/MINE_", SECRET))
            .isEqualTo("1 secrets");
      }
      for (var workspace : new String[] {"a", "b"}) {
        outpost
            .context()
            .getBean(DynamoDbClient.class)
            .putItem(
                p ->
                    p.tableName(outpost.context().getBean(Names.class).table("tenants"))
                        .item(Tenant.key(free.tenantId(), WorkspaceLeases.SK + workspace)));
      }
      var elsewhere = JOB.replace("}", ",\"workspace\":\"c\"}");
      await().until(() -> free.client().post("/jobs", elsewhere).status() == 409);
      assertThat(free.client().post("/jobs", elsewhere).text("detail"))
          .contains("tier free", "1 workspaces");
      assertThat(free.client().post("/jobs", JOB.replace("}", ",\"workspace\":\"a\"}")).status())
          .isEqualTo(202);
      for (int i = 0; i < 2; i++) {
        assertThat(pro.client().post(pro.path("/api-keys"), "{\"name\":\"k\"}").status())
            .isEqualTo(201);
        assertThat(pro.client().post(pro.path("/webhooks"), HOOK).status()).isEqualTo(201);
        assertThat(pro.client().put(pro.path("/secrets/MINE_" + i), SECRET).status())
            .isEqualTo(204);
        assertThat(pro.client().post("/jobs", elsewhere.replace("c\"}", i + "\"}")).status())
            .isEqualTo(202);
      }
    }
  }

  /** Creates resources until the cap is reached; returns the detail of the refusal. */
  private static String reached(Customer whose, Client asking, String path, String body) {
    for (int i = 0; ; i++) {
      var answer =
          path.startsWith("/secrets")
              ? asking.put(whose.path(path + i), body)
              : asking.post(whose.path(path), body);
      if (answer.status() >= 400) {
        assertThat(answer.problem()).as(answer.toString()).isEqualTo("limit-reached");
        assertThat(answer.text("detail")).contains("tier free");
        return answer.text("detail").replaceFirst(".*may have ", "").replaceFirst(":.*", "");
      }
    }
  }

  private static Client.Answer submit(Client client, String key) {
    return client.json("POST", "/jobs", JOB, "Idempotency-Key", key);
  }

  @Test
  void theCapIsReachedWithFewMeasures() {
    var measures = new AtomicInteger();
    var had = new AtomicInteger();
    var gauge =
        new TenantGauge(
            10_000,
            tenant -> {
              measures.incrementAndGet();
              return had.get();
            });
    await()
        .until(
            () -> {
              while (gauge.admit("t")) {
                had.incrementAndGet();
              }
              return had.get() >= 9_900;
            });
    assertThat(had.get()).isLessThan(10_050);
    assertThat(measures.get()).isLessThan(1000);
  }
}
