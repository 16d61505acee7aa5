package io.outpost.webhooks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.MeterRegistry;
import io.outpost.aws.AwsProbe;
import io.outpost.blackbox.Client;
import io.outpost.blackbox.Client.Answer;
import io.outpost.blackbox.Customer;
import io.outpost.event.Event;
import io.outpost.kernel.Json;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.webhooks.Receiver.Got;
import io.outpost.webhooks.Receiver.Reply;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItemsRequest;

/** Every event of a job is delivered, and no tenant's endpoint delays another's. */
@Tag("product")
class P34EventsAreDeliveredTest {

  private static final String ENV = "hooks";

  private static EmbeddedAws aws;
  private static LocalOutpost outpost;
  private static AwsProbe probe;
  private static Client admin;

  private final Receiver receiver = new Receiver();
  private final Customer customer = Customer.of(admin, "enterprise");
  private final Client client = customer.client();

  P34EventsAreDeliveredTest() throws IOException {}

  @BeforeAll
  static void start() {
    aws = EmbeddedAws.start(java.util.Optional.empty());
    outpost = LocalOutpost.on(aws.endpoints(), "local", settings());
    probe = outpost.context().getBean(AwsProbe.class);
    admin = Client.of(outpost.address()).with(outpost.adminKey());
  }

  @AfterAll
  static void stop() {
    outpost.close();
    aws.close();
  }

  @AfterEach
  void close() {
    receiver.close();
  }

  private static Map<String, Object> settings() {
    return Map.of(
        "server.port",
        0,
        "outpost.env",
        ENV,
        "outpost.probe",
        true,
        "outpost.agents.demo",
        "always",
        "outpost.webhooks.allow-loopback",
        true,
        "outpost.webhooks.retry-after",
        "1s,1s,1s,1s",
        "outpost.webhooks.endpoints-at-once",
        8,
        "outpost.auth.rate-limit-per-minute",
        1_000_000);
  }

  /** The process ends after it wrote the transition; another process delivers the event. */
  @Test
  void anEventOutlivesTheProcessThatWroteIt() {
    create("/");
    var ended = "";
    try (var dead = webhooksAreNotServed()) {
      ended = client.submit("claude", "Say hello");
      client.ended(ended);
    }
    assertThat(told("/", 1).getFirst().json().at("/data/job_id").asText()).isEqualTo(ended);
  }

  /**
   * The process ends after it sent the event, before it recorded that; the same event is sent
   * again.
   */
  @Test
  void whatWasSentAndNotWrittenDownIsSentAgainUnderItsId() {
    var hook = create("/");
    try (var dead = attemptsAreNotWritten()) {
      client.post(path(hook, "/ping"), null);
      told("/", 1);
    }
    var got = told("/", 2);
    assertThat(got).extracting(Got::id).containsOnly(got.getFirst().id());
    assertThat(got).extracting(Got::body).containsOnly(got.getFirst().body());
    await().until(() -> deliveries(hook, "succeeded") == 1);
  }

  /** The lease of a dead worker ends some time; here it is moved into the past. */
  @Test
  void anEndpointThatADeadWorkerHeldIsServedByAnother() {
    var hook = create("/");
    var past = AttributeValue.fromS("2026-01-01T00:00:00.000Z");
    receiver.answer(got -> new Reply(500, ""));
    client.post(path(hook, "/ping"), null);
    told("/", 1);
    change(
        hook,
        "SET lease_id = :dead, lease_due = :past, open_due = :past",
        Map.of(":dead", AttributeValue.fromS("dead"), ":past", past));
    receiver.answer(got -> new Reply(200, ""));
    await().until(() -> deliveries(hook, "succeeded") == 1);
  }

  @Test
  void eachEventGoesToItsOwnTenantAlone() {
    var other = Customer.of(admin, "enterprise");
    create("/mine");
    other.client().post(other.path("/webhooks"), body("/theirs"));
    var mine = client.submit("claude", "Say hello");
    var theirs = other.client().submit("claude", "Say hello");
    assertThat(jobs(told("/mine", 1))).containsExactly(mine);
    assertThat(jobs(told("/theirs", 1))).containsExactly(theirs);
    assertThat(receiver.got()).hasSize(2);
  }

  /** While all endpoints of a tenant fail or do not answer, other tenants are served. */
  @Test
  void neitherSlowNorFailingEndpointsDelayOthers() throws InterruptedException {
    var slow = Customer.of(admin, "enterprise");
    var quick = create("/quick");
    var held = new CountDownLatch(1);
    var reached = new CountDownLatch(3);
    receiver.answer(
        got -> {
          if (got.path().startsWith("/slow")) {
            reached.countDown();
            awaitQuietly(held);
          }
          return new Reply(got.path().startsWith("/failing") ? 500 : 200, "");
        });
    for (int i = 0; i < 3; i++) {
      var made = slow.client().post(slow.path("/webhooks"), body("/slow" + i));
      slow.client().post(slow.path("/webhooks/" + made.text("webhook_id") + "/ping"), null);
      var failing = slow.client().post(slow.path("/webhooks"), body("/failing" + i));
      slow.client().post(slow.path("/webhooks/" + failing.text("webhook_id") + "/ping"), null);
    }
    assertThat(reached.await(3, TimeUnit.MINUTES)).isTrue();
    for (int i = 0; i < 10; i++) {
      client.post(path(quick, "/ping"), null);
    }
    told("/quick", 10);
    assertThat(held.getCount()).as("the slow ones still hold").isOne();
    held.countDown();
  }

  @Test
  void fiveDaysOfFailuresDisableAndTheOwnerIsTold() {
    receiver.answer(got -> new Reply(503, ""));
    var hook = create("/");
    client.post(path(hook, "/ping"), null);
    await().until(() -> !client.get(path(hook, "")).json().path("failing_since").isNull());
    var then = Json.time(Instant.now().minus(Duration.ofDays(5)));
    change(hook, "SET failing_since = :then", Map.of(":then", AttributeValue.fromS(then)));
    client.post(path(hook, "/ping"), null);
    await().until(() -> client.get(path(hook, "")).text("status").equals("disabled"));
    assertThat(client.get(path(hook, "")).text("disabled_reason")).isEqualTo("failing");
    await()
        .until(
            () ->
                client
                    .get(customer.path("/audit?action=webhook.disabled"))
                    .body()
                    .contains("failing"));
  }

  @Test
  void afterTheLastAttemptItIsGivenUp() {
    receiver.answer(got -> new Reply(500, ""));
    var hook = create("/");
    client.post(path(hook, "/ping"), null);
    await().until(() -> deliveries(hook, "failed") == 1);
    assertThat(receiver.got()).hasSize(5);
  }

  @Test
  void whoAsksForARestGetsIt() {
    receiver.answer(got -> new Reply(429, "", "Retry-After", "3600"));
    var hook = create("/");
    client.post(path(hook, "/ping"), null);
    told("/", 1);
    await().until(() -> list(hook).at("/0/attempts").size() == 1);
    var next = Instant.parse(list(hook).at("/0/next_attempt_at").asText());
    assertThat(next).isAfter(Instant.now().plus(Duration.ofMinutes(59)));
  }

  /** The alarm counts our delays, not those of an endpoint. */
  @Test
  void anEndpointThatIsBusyOrRestsIsNoFaultOfOurs() {
    var hook = create("/");
    var before = missed();
    deliverLate(hook, 1, Instant.now());
    assertThat(missed()).isEqualTo(before);
    deliverLate(hook, 2, Instant.now().minus(Duration.ofHours(1)));
    assertThat(missed()).isEqualTo(before + 1);
  }

  /** While signing fails, the gauge shows our delay; afterwards the objective counts it. */
  @Test
  void aFailureOfOursIsNoRestOfTheEndpoint() {
    var hook = create("/");
    var before = missed();
    try (var down = probe.down("SecretsManager")) {
      queueLate(hook, Instant.now().minus(Duration.ofHours(1)));
      // Each attempt moves the endpoint ten seconds ahead in the outbox.
      await().until(() -> secondsLate() < 60);
      await().until(() -> secondsLate() >= 15);
      assertThat(receiver.got()).isEmpty();
    }
    await().until(() -> deliveries(hook, "succeeded") == 1);
    assertThat(missed()).isEqualTo(before + 1);
    await().until(() -> secondsLate() < 3);
  }

  private static double secondsLate() {
    var meters = outpost.context().getBean(MeterRegistry.class);
    return meters.get("outpost.webhooks.late").gauge().value();
  }

  /** Delivers an event of ten minutes ago to an endpoint that was busy until then. */
  private void deliverLate(Answer hook, int nth, Instant busyUntil) {
    queueLate(hook, busyUntil);
    await().until(() -> deliveries(hook, "succeeded") == nth);
  }

  private void queueLate(Answer hook, Instant busyUntil) {
    var later = AttributeValue.fromS(Json.time(Instant.now().plus(Duration.ofHours(1))));
    change(
        hook,
        "SET lease_id = :other, lease_due = :later",
        Map.of(":other", text("x"), ":later", later));
    client.post(path(hook, "/ping"), null);
    var pending = client.get(path(hook, "/deliveries?status=pending")).json().path("data");
    var then = text(Json.time(Instant.now().minus(Duration.ofMinutes(10))));
    update(
        Event.key(customer.tenantId(), pending.path(0).path("event_id").asText()),
        "SET #at = :then",
        Map.of("#at", "at"),
        Map.of(":then", then));
    change(
        hook,
        "SET open_due = :then, free_since = :free, updated_at = :free REMOVE lease_id, lease_due",
        Map.of(":then", then, ":free", text(Json.time(busyUntil))));
  }

  private static double missed() {
    var meters = outpost.context().getBean(MeterRegistry.class);
    var counter = meters.find("outpost.objectives.missed").tag("objective", "webhooks").counter();
    return counter == null ? 0 : counter.count();
  }

  private static AttributeValue text(String text) {
    return AttributeValue.fromS(text);
  }

  /** A free tenant has ten jobs. */
  @Test
  void whoHasUsedEightOfTenJobsIsTold() {
    var free = Customer.of(admin, "free");
    free.client()
        .post(
            free.path("/webhooks"),
            "{\"url\":\"%s\",\"events\":[\"usage.threshold\"]}".formatted(receiver.url("/used")));
    for (int i = 0; i < 8; i++) {
      free.client().ended(free.client().submit("claude", "Say hello"));
    }
    var data = told("/used", 1).getFirst().json().path("data");
    assertThat(data.path("percent").asInt()).isEqualTo(80);
    assertThat(data.path("used").asInt()).isEqualTo(8);
    assertThat(data.path("limit").asInt()).isEqualTo(10);
  }

  /**
   * An event without an endpoint costs no write, unless the list of endpoints is some seconds old.
   */
  @Test
  void whoHasNoEndpointPaysNothing() {
    var calls =
        probe.record(
            call -> call.mentions("outpost-webhooks-") && call.mentions(customer.tenantId()));
    await()
        .until(
            () -> {
              calls.clear();
              client.ended(client.submit("claude", "Say hello"));
              return calls.isEmpty();
            });
  }

  /** A delivery whose event has expired is dropped, and the endpoint's next one follows. */
  @Test
  void whatIsKeptNoMoreIsDropped() {
    receiver.answer(got -> new Reply(503, ""));
    var hook = create("/");
    client.post(path(hook, "/ping"), null);
    told("/", 1);
    try (var clients = aws.clients()) {
      clients
          .dynamoDb()
          .deleteItem(
              d ->
                  d.tableName("outpost-webhooks-" + ENV)
                      .key(Event.key(customer.tenantId(), receiver.got().getFirst().id())));
    }
    receiver.answer(got -> new Reply(200, ""));
    client.post(path(hook, "/ping"), null);
    await().until(() -> deliveries(hook, "succeeded") == 1);
    await().until(() -> queue(hook) == 0);
  }

  /** The event is written in the transition's own transaction, without a further call. */
  @Test
  void anEventIsWrittenWithItsTransition() {
    create("/");
    var writes = probe.record(call -> call.request() instanceof TransactWriteItemsRequest);
    var job = client.submit("claude", "Say hello");
    told("/", 1);
    assertThat(writes.stream().filter(call -> call.mentions("event#") && call.mentions(job)))
        .as("its start and its end")
        .hasSize(2)
        .allMatch(call -> call.mentions("outpost-jobs-") && call.mentions("outpost-audit-"));
  }

  /** Changes the item of an endpoint, as another process would. */
  private void change(Answer hook, String update, Map<String, AttributeValue> values) {
    update(Endpoint.key(customer.tenantId(), hook.text("webhook_id")), update, Map.of(), values);
  }

  private static void update(
      Map<String, AttributeValue> key,
      String update,
      Map<String, String> names,
      Map<String, AttributeValue> values) {
    try (var clients = aws.clients()) {
      clients
          .dynamoDb()
          .updateItem(
              u ->
                  u.tableName("outpost-webhooks-" + ENV)
                      .key(key)
                      .updateExpression(update)
                      .expressionAttributeNames(names.isEmpty() ? null : names)
                      .expressionAttributeValues(values));
    }
  }

  private int queue(Answer hook) {
    Map<String, AttributeValue> values =
        Map.of(
            ":tenant", AttributeValue.fromS(customer.tenantId()),
            ":due", AttributeValue.fromS(Delivery.duePrefix(hook.text("webhook_id"))));
    try (var clients = aws.clients()) {
      return clients
          .dynamoDb()
          .query(
              q ->
                  q.tableName("outpost-webhooks-" + ENV)
                      .keyConditionExpression("tenant_id = :tenant AND begins_with(sk, :due)")
                      .expressionAttributeValues(values))
          .count();
    }
  }

  private AwsProbe.Watch webhooksAreNotServed() {
    return probe.beforeEach(
        call -> {
          if (call.mentions("outpost-webhooks-" + ENV) && call.mentions("indexName=open")
              || call.mentions("IndexName=open") && call.mentions("outpost-webhooks-" + ENV)) {
            throw software.amazon.awssdk.core.exception.SdkClientException.create("dead");
          }
        });
  }

  private AwsProbe.Watch attemptsAreNotWritten() {
    return probe.beforeEach(
        call -> {
          if (call.request() instanceof TransactWriteItemsRequest && call.mentions("duration_ms")) {
            throw software.amazon.awssdk.core.exception.SdkClientException.create("dead");
          }
        });
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Answer create(String path) {
    var made = client.post(customer.path("/webhooks"), body(path));
    assertThat(made.status()).as(made.body()).isEqualTo(201);
    return made;
  }

  private String body(String path) {
    return "{\"url\":\"%s\"}".formatted(receiver.url(path));
  }

  private String path(Answer hook, String rest) {
    return customer.path("/webhooks/" + hook.text("webhook_id") + rest);
  }

  private com.fasterxml.jackson.databind.JsonNode list(Answer hook) {
    return client.get(path(hook, "/deliveries")).json().path("data");
  }

  private int deliveries(Answer hook, String status) {
    return client.get(path(hook, "/deliveries?status=" + status)).json().path("data").size();
  }

  /** The requests at a path, once there are at least this many. */
  private List<Got> told(String path, int most) {
    return await()
        .until(
            () -> receiver.got().stream().filter(got -> got.path().equals(path)).toList(),
            got -> got.size() >= most);
  }

  private static Stream<String> jobs(List<Got> got) {
    return got.stream().map(g -> g.json().at("/data/job_id").asText());
  }
}
