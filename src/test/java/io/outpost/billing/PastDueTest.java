package io.outpost.billing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outpost.local.stripe.Account;
import io.outpost.local.stripe.LocalStripe;
import io.outpost.local.stripe.SettableClock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * After a failed payment a tenant may submit jobs during the grace period; afterwards it can only
 * read and pay.
 */
@Tag("product")
class PastDueTest {
  private static final SettableClock STRIPES_CLOCK = new SettableClock("2026-01-01T00:00:00Z");
  private static final Map<String, String> JOB = Map.of("agent", "claude", "command", "Say hello");

  private static BillingApi api;
  private static Account account;

  @BeforeAll
  static void start() {
    STRIPES_CLOCK.set(Instant.now());
    api = BillingApi.start(STRIPES_CLOCK, Map.of("outpost.agents.demo", "always"));
    account = api.stripe().stub().account();
  }

  @AfterAll
  static void stop() {
    api.close();
  }

  @Test
  void goesOnForTheGraceAndReadsAfterwards() throws Exception {
    var lately = api.client("lately", "free");
    failed(lately, Duration.ofDays(6));
    var longAgo = api.client("long-ago", "free");
    var invoice = failed(longAgo, Duration.ofDays(8));
    awaitSubmit(longAgo, 403);
    // Changes of tenants reach a container in order, so it knows the other tenant's change,
    // too.
    assertThat(submit(lately)).isEqualTo(202);
    for (var client : new BillingApi.Client[] {lately, longAgo}) {
      assertThat(api.tenant(client).get("status").asText()).isEqualTo("past_due");
      assertThat(api.get("/jobs", client.key()).statusCode()).isEqualTo(200);
      assertThat(api.get("/billing/usage", client.key()).statusCode()).isEqualTo(200);
      assertThat(api.get("/billing/portal", client.key()).statusCode()).isEqualTo(200);
    }
    STRIPES_CLOCK.set(Instant.now());
    account.pay(invoice);
    awaitSubmit(longAgo, 202);
    assertThat(api.tenant(longAgo).get("status").asText()).isEqualTo("active");
  }

  /** A tenant whose second invoice failed that long ago; its event arrives now. */
  private static String failed(BillingApi.Client client, Duration ago) {
    var customer = api.customer(client);
    var hooks = api.stripe().stub().webhooks();
    hooks.hold();
    STRIPES_CLOCK.set(Instant.now().minus(ago));
    var subscription = account.subscribe(customer, LocalStripe.PRICE_PRO).get("id").asText();
    var invoice = account.renew(subscription).get("id").asText();
    account.fail(invoice);
    STRIPES_CLOCK.set(Instant.now());
    hooks.release(1, 0);
    api.drain();
    return invoice;
  }

  private static void awaitSubmit(BillingApi.Client client, int status) {
    await().until(() -> submit(client) == status);
  }

  private static int submit(BillingApi.Client client) throws Exception {
    return api.post("/jobs", client.key(), JOB).statusCode();
  }
}
