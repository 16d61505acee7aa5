package io.outpost.billing;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.local.stripe.Faults.Fault;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** While Stripe is down, only operations that need it fail, with a 503 that says so. */
@Tag("product")
class P22StripeDownTest {
  private static BillingApi api;

  @BeforeAll
  static void start() {
    api = BillingApi.start(Map.of("outpost.agents.demo", "always"));
  }

  @AfterAll
  static void stop() {
    api.close();
  }

  @Test
  void failsOnlyWhatNeedsStripe() throws Exception {
    var before = api.client("before", "free");
    api.customer(before);
    api.stripe().stub().faults().sometimes(1, 22, Fault.SERVER_ERROR);
    try {
      var checkout =
          Map.of(
              "tier", "pro",
              "success_url", "https://a.example/ok",
              "cancel_url", "https://a.example/no");
      for (var answer :
          List.of(
              api.post("/billing/checkout", before.key(), checkout),
              api.get("/billing/portal", before.key()))) {
        assertThat(answer.statusCode()).as(answer.headers().map() + answer.body()).isEqualTo(503);
        assertThat(answer.headers().firstValue("Retry-After")).isPresent();
        assertThat(answer.headers().firstValue("Content-Type"))
            .hasValue("application/problem+json");
        assertThat(answer.body()).doesNotContain("127.0.0.1", "sk_test");
      }
      var client = api.client("meanwhile", "free");
      var job = api.post("/jobs", client.key(), Map.of("agent", "claude", "command", "Say hello"));
      assertThat(job.statusCode()).as(job.body()).isEqualTo(202);
      assertThat(api.get("/billing/usage", client.key()).statusCode()).isEqualTo(200);
    } finally {
      api.stripe().stub().faults().none();
    }
  }
}
