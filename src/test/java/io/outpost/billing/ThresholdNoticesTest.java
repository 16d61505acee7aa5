package io.outpost.billing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outpost.kernel.Json;
import io.outpost.local.AwsCalls;
import io.outpost.store.Items;
import io.outpost.webhooks.Receiver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItemsRequest;

/**
 * A tenant gets the notices about 80 % and 100 % when jobs are submitted, before any job has ended
 * and without a call to Stripe.
 */
@Tag("product")
class ThresholdNoticesTest {
  private static final Map<String, String> JOB = Map.of("agent", "claude", "command", "Say hello");

  private static BillingApi api;

  @BeforeAll
  static void start() {
    api =
        BillingApi.start(
            Map.of(
                "outpost.agents.demo",
                "always",
                "outpost.worker.slots",
                0,
                "outpost.test.aws-calls",
                true,
                "outpost.stripe.secret-key",
                "",
                "outpost.webhooks.allow-loopback",
                true));
  }

  @AfterAll
  static void stop() {
    api.close();
  }

  private static void submit(BillingApi.Client client, int jobs) throws Exception {
    for (int i = 0; i < jobs; i++) {
      assertThat(api.post("/jobs", client.key(), JOB).statusCode()).isEqualTo(202);
    }
  }

  private static List<String> notices(BillingApi.Client client) {
    return api.notices().stream().filter(message -> message.contains(client.tenantId())).toList();
  }

  private static void awaitNotices(BillingApi.Client client, int many) {
    await().until(() -> notices(client).size() >= many);
  }

  @Test
  void eachThresholdIsToldOnceAtSubmit() throws Exception {
    var client = api.client("near", "free");
    submit(client, 8);
    awaitNotices(client, 1);
    assertThat(notices(client))
        .singleElement()
        .asString()
        .contains("\"percent\":80")
        .contains("near@example.com");
    submit(client, 2);
    awaitNotices(client, 2);
    assertThat(api.post("/jobs", client.key(), JOB).statusCode()).isEqualTo(402);
    api.run("tell-untold-thresholds");
    assertThat(notices(client)).hasSize(2).last().asString().contains("\"percent\":100");
    for (var action : List.of("billing.quota-80", "billing.quota-100")) {
      assertThat(api.backstage().audited(client, action)).isEqualTo(1);
    }
  }

  /**
   * Above a threshold every submission checks for the notice; one that was sent is not written
   * again.
   */
  @Test
  void aNoticeThatWasGivenIsNotWrittenAgain() throws Exception {
    var client = api.client("quiet", "free");
    submit(client, 8);
    awaitNotices(client, 1);
    submit(client, 1);
    for (int i = 0; i < 5; i++) {
      watch(client);
    }
    assertThat(written(client)).isEqualTo(1);
    submit(client, 1);
    awaitNotices(client, 2);
    for (int i = 0; i < 5; i++) {
      watch(client);
    }
    assertThat(written(client)).isEqualTo(2);
  }

  private static void watch(BillingApi.Client client) {
    try (var route = api.outpost().context().getBean(CamelContext.class).createProducerTemplate()) {
      route.send(
          "direct:watch-limit-beside",
          exchange -> exchange.setProperty("tenantId", client.tenantId()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The number of attempts to write a notice of the tenant. */
  private static long written(BillingApi.Client client) {
    return api.outpost().context().getBean(AwsCalls.class).asked().stream()
        .filter(TransactWriteItemsRequest.class::isInstance)
        .flatMap(write -> ((TransactWriteItemsRequest) write).transactItems().stream())
        .filter(item -> item.put() != null && item.put().item().containsKey("sk"))
        .map(item -> item.put().item())
        .filter(item -> item.get("tenant_id").s().equals(client.tenantId()))
        .filter(item -> item.get("sk").s().startsWith("notice#"))
        .count();
  }

  /**
   * One notice is sent however many jobs reach the threshold at once, also while reports check for
   * it.
   */
  @Test
  void oneEventLeavesForEachThresholdAndPeriod() throws Exception {
    var client = api.client("told", "free");
    try (var receiver = new Receiver();
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var wish = Map.of("url", receiver.url("/used"), "events", List.of("usage.threshold"));
      var hooks = "/tenants/" + client.tenantId() + "/webhooks";
      var hook = api.post(hooks, client.key(), wish);
      assertThat(hook.statusCode()).as(hook.body()).isEqualTo(201);
      List<Callable<Integer>> jobs =
          Collections.nCopies(
              30,
              () -> {
                api.run("report-usage");
                return api.post("/jobs", client.key(), JOB).statusCode();
              });
      for (var answer : threads.invokeAll(jobs)) {
        assertThat(answer.get()).isIn(202, 402, 503);
      }
      submit(client, 10 - used(client));
      awaitNotices(client, 2);
      api.patch("/tenants/" + client.tenantId(), client.key(), Map.of("monthly_job_limit", 10));
      api.run("report-usage");
      api.run("tell-untold-thresholds");
      var ping = api.post(hooks + "/" + id(hook) + "/ping", client.key(), Map.of());
      assertThat(ping.statusCode()).isEqualTo(202);
      await().until(() -> deliveries(client, hooks + "/" + id(hook)).size() >= 3);
      var told =
          deliveries(client, hooks + "/" + id(hook)).stream()
              .filter(type -> type.equals("usage.threshold"))
              .toList();
      assertThat(told).as("one for 80 %, one for 100 %").hasSize(2);
      await().until(() -> percents(receiver).containsAll(List.of("80", "100")));
    }
    for (var action : List.of("billing.quota-80", "billing.quota-100")) {
      assertThat(api.backstage().audited(client, action)).isEqualTo(1);
    }
  }

  private static int used(BillingApi.Client client) throws Exception {
    return api.read(api.get("/billing/usage", client.key())).get("used").asInt();
  }

  private static String id(HttpResponse<String> hook) throws Exception {
    return api.read(hook).get("webhook_id").asText();
  }

  private static List<String> deliveries(BillingApi.Client client, String hook) throws Exception {
    return api.read(api.get(hook + "/deliveries", client.key()))
        .get("data")
        .valueStream()
        .map(delivery -> delivery.get("type").asText())
        .toList();
  }

  private static Set<String> percents(Receiver receiver) {
    return receiver.got().stream()
        .map(Receiver.Got::body)
        .flatMap(body -> Pattern.compile("\"percent\":(\\d+)").matcher(body).results())
        .map(found -> found.group(1))
        .collect(Collectors.toSet());
  }

  @Test
  void theTenantsOwnLimitIsWatchedInEveryTier() throws Exception {
    var client = api.client("capped", "enterprise");
    submit(client, 3);
    assertThat(notices(client)).isEmpty();
    api.patch("/tenants/" + client.tenantId(), client.key(), Map.of("monthly_job_limit", 3));
    awaitNotices(client, 2);
    assertThat(notices(client)).hasSize(2).allMatch(notice -> notice.contains("monthly_job_limit"));
  }

  /** A crash between storing a notice and sending it loses nothing. */
  @Test
  void whatACrashKeptFromBeingToldIsTold() throws Exception {
    var client = api.client("crashed", "free");
    Map<String, AttributeValue> notice = new HashMap<>();
    notice.put("tenant_id", Items.text(client.tenantId()));
    notice.put("sk", Items.text("notice#2026-11-01T00:00:00.000Z#80"));
    notice.put("job_id", Items.text("01JZZZZZZZZZZZZZZZZZZZZZZZ"));
    notice.put("unreported_shard", Items.text("notice#0"));
    notice.put("percent", Items.number(80));
    notice.put("used", Items.number(8));
    notice.put("quota", Items.number(10));
    notice.put("own", AttributeValue.fromBool(false));
    notice.put("email", Items.text("crashed@example.com"));
    for (var time : List.of("period_start", "period_end", "given_at")) {
      notice.put(time, Items.text(Json.time(Instant.now())));
    }
    api.dynamoDb().putItem(p -> p.tableName(api.table("usage")).item(notice));
    api.run("tell-untold-thresholds");
    api.run("tell-untold-thresholds");
    assertThat(notices(client)).hasSize(1);
  }
}
