package io.outpost.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outpost.blackbox.Client;
import io.outpost.blackbox.Customer;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A tenant's waiting jobs are capped, and room is seen as soon as there is some. */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class SubmissionCapsTest {

  private static final String JOB = "{\"agent\":\"claude\",\"command\":\"Say hello\"}";

  @Test
  void oneJobMoreThanTheCapIsRefusedUntilOneHasGone(EmbeddedAws aws) {
    var settings =
        Map.<String, Object>of(
            "server.port", 0, "outpost.env", "caps", "outpost.jobs.most-pending", 5);
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
