package io.outpost.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.MeterRegistry;
import io.outpost.audit.RecordedCalls.Made;
import io.outpost.auth.SampleRequests;
import io.outpost.auth.SampleRequests.Belongings;
import io.outpost.blackbox.Client;
import io.outpost.blackbox.Customer;
import io.outpost.http.Contract;
import io.outpost.http.Operation;
import io.outpost.kernel.Ids;
import io.outpost.local.AwsCalls;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import io.outpost.local.stripe.Webhooks;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.GetItemRequest;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItemsRequest;

/**
 * Each call has exactly one audit entry in the table and in the archive, whatever its outcome, and
 * the entry says who did what from where. The test calls every operation of the contract, including
 * new ones, and fails until each operation was allowed, denied and failed.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class P21EveryCallIsAuditedOnceTest {

  private static final String ENV = "everycall";
  private static final Set<String> NOT_CALLS =
      Set.of("health", "healthReady", "getOpenapi", "getReceiptKeys");
  private static final Set<Integer> STATUSES =
      Set.of(
          200, 201, 202, 204, 303, 400, 401, 402, 403, 404, 405, 409, 413, 415, 422, 429, 500, 503);

  /**
   * Operations that change no table, or not in this test: no dead letter is redriven, no delivery
   * is resent, no job is cancelled by a filter. Each job of a batch has its own entry, and so has
   * each change requested from billing, later.
   */
  private static final Set<String> NO_CHANGE =
      Set.of(
          "receiveStripeEvent",
          "createCheckoutSession",
          "submitJobs",
          "cancelJobs",
          "redeliverSince",
          "redriveDeadLetters",
          "retryParkedUsage",
          "voidUsage");

  /** Parts of request and answer bodies of this test; no audit entry may contain them. */
  private static final List<String> NOT_TO_BE_SEEN =
      List.of("op_live_", "op_test_", "whsec_", "Say hello", "sleep 60", "sk-", "customer.example");

  private final RecordedCalls calls = new RecordedCalls("p21");
  private final Map<String, Integer> refusedByTheServer = new HashMap<>();
  private final Set<String> repetitions = new HashSet<>();

  /** The owner of each key, by key. */
  private final Map<String, Customer> keys = new HashMap<>();

  private final EmbeddedAws aws;

  @TempDir private Path spool;
  private LocalOutpost outpost;
  private Client admin;

  P21EveryCallIsAuditedOnceTest(EmbeddedAws aws) {
    this.aws = aws;
  }

  @Test
  void everyOperationInEveryOutcome() throws IOException {
    try (var started = LocalOutpost.on(aws.endpoints(), "local", settings());
        var entries = Entries.of(aws, ENV)) {
      outpost = started;
      admin = calls.client(outpost.address(), outpost.adminKey());
      keys.put(admin.key(), new Customer(Ids.OPERATORS, "0".repeat(26), admin));
      var shared = ownerOfEverything();
      operations().forEach(operation -> drive(operation, shared));
      refuseForOtherReasons();
      refuseWhatIsNoOperation();
      failForReasonsOfOurs();
      refuseByTheServer();
      assertThat(calls.made().values().stream().map(Made::status).collect(Collectors.toSet()))
          .containsAll(STATUSES);

      var all = new TreeSet<>(calls.made().keySet());
      all.addAll(refusedByTheServer.keySet());
      await().until(() -> entries.missing(all), Set::isEmpty);
      entries.tenants().forEach(tenant -> assertArchived(entries, tenant));
      assertOneEachAndNoOther(entries);
      assertWhole(entries);
      assertEveryOperationCameToEveryEnd(entries);
      assertTransitions(entries);
      assertWrittenWithTheirEffects();
      entries.tenants().forEach(this::assertIntact);
      assertNoneWasLostOnTheWay();
    }
  }

  private Map<String, Object> settings() {
    return Map.of(
        "server.port",
        0,
        "server.tomcat.remoteip.internal-proxies",
        "127\\.0\\.0\\.1|0:0:0:0:0:0:0:1|::1",
        "outpost.env",
        ENV,
        "outpost.test.aws-calls",
        true,
        "outpost.audit.spool",
        spool.toString(),
        "outpost.agents.demo",
        "always",
        "outpost.auth.unknown-keys-per-minute",
        1_000_000,
        "outpost.auth.rate-limits.pro",
        2,
        "outpost.auth.rate-limit-per-minute",
        1_000_000);
  }

  private List<Operation> operations() {
    var all = outpost.context().getBean(Contract.class).operations().spliterator();
    return StreamSupport.stream(all, false).filter(o -> !NOT_CALLS.contains(o.id())).toList();
  }

  /** Calls an operation so that it is allowed, denied and failed. */
  private void drive(Operation operation, Belongings shared) {
    var gone = operation.method().equals("DELETE");
    var owner = prepared(operation, gone ? ownerOfEverything() : shared);
    var caller = caller(operation, owner);
    if (operation.id().equals("receiveStripeEvent")) {
      var body = "{\"id\":\"evt_1\",\"object\":\"event\",\"type\":\"a.b\",\"api_version\":\"1\"}";
      var secret = outpost.context().getEnvironment().getProperty("outpost.stripe.webhook-secrets");
      var bytes = body.getBytes(StandardCharsets.UTF_8);
      var signature = Webhooks.sign(secret, Instant.now().getEpochSecond(), bytes);
      caller.json("POST", operation.path(), body, "Stripe-Signature", signature);
      caller.json("POST", operation.path(), body, "Stripe-Signature", signature + "0");
      return;
    }
    SampleRequests.send(operation, admin.with(null), owner);
    SampleRequests.send(operation, admin.with("op_live_" + "0".repeat(32)), owner);
    SampleRequests.send(operation, keyFor(operation, owner.customer()), owner);
    var path = operation.path().replace("{tenant_id}", owner.customer().tenantId());
    path = path.replace("{name}", "ANTHROPIC_API_KEY").replaceAll("\\{[a-z_]+}", Ids.ulid());
    caller.json(operation.method(), path + "?unheard=of", operation.body() == null ? null : "{}");
    if (operation.body() != null) {
      caller.json(operation.method(), path, "{\"command\":\"Say hello");
      var text = Map.of("Content-Type", "text/plain");
      caller.send(operation.method(), path, text, BodyPublishers.ofString("Say hello"));
    }
    SampleRequests.send(operation, caller, owner);
  }

  private Belongings ownerOfEverything() {
    return Belongings.of(admin, customer("enterprise"));
  }

  /** Creates the resource that an operation needs; returns its owner. */
  private static Belongings prepared(Operation operation, Belongings owner) {
    var client = owner.customer().client();
    switch (operation.id()) {
      case "getJobOutput", "listArtifacts", "getJobReceipt" -> client.ended(owner.jobId());
      case "deleteWorkspace" ->
          client.ended(
              client.submit(
                  "{\"agent\":\"claude\",\"command\":\"Say hello\",\"workspace\":\"nothing\"}"));
      case "continueJob" -> {
        var job =
            client.submit(
                "{\"agent\":\"claude\",\"command\":\"Say hello\",\"workspace\":\"talk\"}");
        client.ended(job);
        return with(owner, job);
      }
      case "cancelJob" -> {
        var job = client.submit("claude", "sleep 60");
        return with(owner, job);
      }
      default -> {
        // The owner already has the resource.
      }
    }
    return owner;
  }

  private static Belongings with(Belongings owner, String job) {
    return new Belongings(
        owner.customer(),
        owner.keyId(),
        job,
        owner.exportId(),
        owner.webhookId(),
        owner.deliveryId());
  }

  private Client caller(Operation operation, Belongings owner) {
    if (operation.open()) {
      return admin.with(null);
    }
    return operation.anyOf().equals(Set.of("admin")) ? admin : owner.customer().client();
  }

  /**
   * A client with a new key of the customer that has a scope, but none that the operation accepts.
   */
  private Client keyFor(Operation operation, Customer customer) {
    var scope =
        Customer.SCOPES.stream().filter(s -> !operation.anyOf().contains(s)).findFirst().get();
    var made = Customer.newKey(admin, customer.tenantId(), "\"scopes\":[\"" + scope + "\"]");
    var client = admin.with(made.text("key"));
    keys.put(client.key(), new Customer(customer.tenantId(), made.text("key_id"), client));
    return client;
  }

  private Customer customer(String tier) {
    var customer = Customer.of(admin, tier);
    keys.put(customer.client().key(), customer);
    return customer;
  }

  /**
   * Exceeds the quota and the rate limit, reuses an idempotency key, cancels an ended job and calls
   * another tenant.
   */
  private void refuseForOtherReasons() {
    var free = customer("free").client();
    for (int i = 0; i < 11; i++) {
      free.post("/jobs", "{\"agent\":\"claude\",\"command\":\"Say hello\"}");
    }
    var often = customer("pro").client();
    for (int i = 0; i < 4; i++) {
      often.get("/jobs");
    }
    var job = "{\"agent\":\"claude\",\"command\":\"Say hello, %s\"}";
    var owner = customer("enterprise").client();
    owner.json("POST", "/jobs", job.formatted("A"), "Idempotency-Key", "one");
    var again = owner.json("POST", "/jobs", job.formatted("A"), "Idempotency-Key", "one");
    owner.json("POST", "/jobs", job.formatted("B"), "Idempotency-Key", "one");
    assertThat(again.header("Idempotent-Replayed")).isEqualTo("true");
    repetitions.add(again.header("X-Request-Id"));
    owner.ended(again.text("job_id"));
    owner.delete("/jobs/" + again.text("job_id"));
    owner.get("/tenants/" + Ids.uuid() + "/audit");
    owner.json("GET", "/billing/portal?return_url=https://a.example", null, "Accept", "text/html");
  }

  private void refuseWhatIsNoOperation() {
    var large = "\"" + "x".repeat(140_000) + "\"";
    admin.get("/nowhere");
    admin.get("/jobs/" + admin.key());
    admin.json("GET", "/jobs", null, "User-Agent", "curl " + admin.key());
    admin.put("/jobs", "{}");
    admin.post("/tenants", large);
    admin.json("OPTIONS", "/jobs", null);
    admin.json("PROPFIND", "/jobs", null);
  }

  private void failForReasonsOfOurs() {
    var owner = customer("enterprise").client();
    owner.get("/jobs/" + Ids.ulid());
    var awsCalls = outpost.context().getBean(AwsCalls.class);
    awsCalls.fail(request -> request instanceof GetItemRequest get && isOfJobs(get));
    owner.get("/jobs/" + Ids.ulid());
    awsCalls.fail(
        request -> {
          if (request instanceof GetItemRequest get && isOfJobs(get)) {
            throw new IllegalArgumentException("A fault of ours, for this test");
          }
          return false;
        });
    owner.get("/jobs/" + Ids.ulid());
    awsCalls.work();
  }

  private static boolean isOfJobs(GetItemRequest get) {
    return get.tableName().equals("outpost-jobs-" + ENV);
  }

  /** Sends requests that the HTTP server refuses before any route runs. */
  private void refuseByTheServer() throws IOException {
    for (var request :
        List.of(
            "GARBAGE\r\n\r\n",
            "GET /jobs HTTP/1.1\r\n\r\n",
            "GET /%00 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
            "GET /%2F HTTP/1.1\r\nHost: a\r\nX-Request-Id: p21-mine\r\nConnection: close\r\n\r\n",
            "GET /[a HTTP/1.1\r\nHost: a\r\n\r\n",
            "TRACE /jobs HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")) {
      try (var socket = new Socket("localhost", URI.create(outpost.address()).getPort())) {
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        var answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        var head = Pattern.compile("HTTP/1.1 (\\d+)[^$]*?X-Request-Id: (\\S+)").matcher(answer);
        assertThat(head.find()).as(answer).isTrue();
        refusedByTheServer.put(head.group(2), Integer.valueOf(head.group(1)));
      }
    }
    assertThat(refusedByTheServer).containsKey("p21-mine");
  }

  private void assertOneEachAndNoOther(Entries entries) {
    var expected = new TreeMap<>(refusedByTheServer);
    calls.made().forEach((id, made) -> expected.put(id, made.status()));
    var found = new TreeMap<String, Integer>();
    entries
        .calls()
        .forEach(
            (id, items) -> {
              assertThat(items).as(id).hasSize(1);
              // The Stripe stub sends events on its own.
              if (expected.containsKey(id) || !is(items.getFirst(), "receiveStripeEvent")) {
                found.put(id, Integer.valueOf(items.getFirst().get("status").n()));
              }
            });
    assertThat(found).isEqualTo(expected);
  }

  private void assertWhole(Entries entries) {
    var found = entries.calls();
    assertThat(calls.made()).allSatisfy((id, made) -> assertWhole(made, found.get(id).getFirst()));
    var seen = new ArrayList<>(entries.items().stream().map(Object::toString).toList());
    entries.tenants().forEach(tenant -> seen.addAll(entries.lines(tenant)));
    for (var secret : NOT_TO_BE_SEEN) {
      assertThat(seen).noneMatch(entry -> entry.contains(secret));
    }
  }

  private void assertWhole(Made made, Map<String, AttributeValue> item) {
    var as = "%s: %s".formatted(made, item);
    var action = action(made);
    var who = action.equals("unknown") || made.status() == 401 ? null : keys.get(made.key());
    assertThat(item.get("action").s()).as(as).isEqualTo(action);
    assertThat(item.get("resource").s()).as(as).isEqualTo(resource(made));
    assertThat(item.get("outcome").s()).as(as).isEqualTo(outcome(made.status()));
    assertThat(item.get("ip_address").s()).as(as).isEqualTo(RecordedCalls.ADDRESS);
    assertThat(item.get("user_agent").s()).as(as).isEqualTo(withoutKey(made.userAgent()));
    assertThat(item.get("key_id")).as(as).isEqualTo(who == null ? null : text(who.keyId()));
    assertThat(item.get("tenant_id").s()).as(as).isIn(tenants(made, who));
    assertThat(Instant.parse(item.get("timestamp").s()))
        .as(as)
        .isBetween(made.sent().minusMillis(1), made.answered().orElseThrow());
    assertThat(item.get("entry_id").s()).as(as).matches("[0-9A-HJKMNP-TV-Z]{26}");
    assertThat(item.get("metadata").m().get("problem"))
        .as(as)
        .isEqualTo(made.problem().isEmpty() ? null : text(made.problem()));
  }

  /** The created resource, or the path if nothing was created. */
  private static String resource(Made made) {
    return made.status() < 300 && !made.location().isEmpty()
        ? made.location()
        : withoutKey(made.path());
  }

  private String action(Made made) {
    if (made.status() == 413) {
      return "unknown";
    }
    return operations().stream()
        .filter(o -> o.method().equals(made.request().method()))
        .filter(o -> made.path().matches(o.path().replaceAll("\\{[a-z_]+}", "[^/%]+")))
        .map(Operation::id)
        .findFirst()
        .orElse("unknown");
  }

  /**
   * The tenants whose audit may contain a call. An operator's call belongs to the tenant in its
   * path once it is known to be well formed; a call that creates a tenant, to that tenant or to the
   * operators.
   */
  private static Set<String> tenants(Made made, Customer who) {
    if (who == null) {
      return Set.of(Ids.OPERATORS);
    }
    var about = Pattern.compile("/tenants/([^/]+).*").matcher(made.path());
    if (about.matches() && made.status() < 400) {
      return Set.of(about.group(1));
    }
    var operated = Pattern.compile("/admin/tenants/([^/]+).*").matcher(made.path());
    if (operated.matches()) {
      return Set.copyOf(List.of(who.tenantId(), operated.group(1)));
    }
    return made.location().startsWith("/tenants/")
        ? Set.of(who.tenantId(), made.location().substring("/tenants/".length()))
        : Set.of(who.tenantId());
  }

  private static String outcome(int status) {
    if (Set.of(401, 402, 403, 404, 429).contains(status)) {
      return "denied";
    }
    return status < 400 ? "allowed" : "failed";
  }

  private void assertEveryOperationCameToEveryEnd(Entries entries) {
    var ends = new TreeMap<String, Set<String>>();
    for (var call : entries.calls().values()) {
      ends.computeIfAbsent(call.getFirst().get("action").s(), action -> new TreeSet<>())
          .add(call.getFirst().get("outcome").s());
    }
    for (var operation : operations()) {
      assertThat(ends.getOrDefault(operation.id(), Set.of()))
          .as(operation.id())
          .containsAll(
              operation.open()
                  ? Set.of("allowed", "failed")
                  : Set.of("allowed", "denied", "failed"));
    }
  }

  /** A job that ran once has one entry for its start and one for its end. */
  private static void assertTransitions(Entries entries) {
    var transitions = new TreeMap<String, List<String>>();
    entries.items().stream()
        .filter(item -> item.get("action").s().startsWith("job."))
        .sorted((a, b) -> a.get("sk").s().compareTo(b.get("sk").s()))
        .forEach(
            item ->
                transitions
                    .computeIfAbsent(item.get("resource").s(), job -> new ArrayList<>())
                    .add(item.get("action").s()));
    assertThat(transitions).isNotEmpty();
    assertThat(transitions.values())
        .allSatisfy(actions -> assertThat(actions).doesNotHaveDuplicates())
        .contains(List.of("job.running", "job.succeeded"));
  }

  /** The entry of a change is written in the transaction of the change. */
  private void assertWrittenWithTheirEffects() {
    var written =
        outpost.context().getBean(AwsCalls.class).seen().stream()
            .map(AwsCalls.Seen::request)
            .filter(TransactWriteItemsRequest.class::isInstance)
            .map(TransactWriteItemsRequest.class::cast)
            .filter(transaction -> transaction.transactItems().size() > 1)
            .flatMap(transaction -> transaction.transactItems().stream())
            .map(TransactWriteItem::put)
            .filter(put -> put != null && put.tableName().equals("outpost-audit-" + ENV))
            .filter(put -> Entries.isCall(put.item()))
            .map(put -> put.item().get("request_id").s())
            .toList();
    var changes = new TreeMap<>(calls.made());
    changes.keySet().removeAll(repetitions);
    changes
        .values()
        .removeIf(
            made -> !made.changes() || made.status() >= 400 || NO_CHANGE.contains(action(made)));
    assertThat(written).containsExactlyInAnyOrderElementsOf(changes.keySet());
  }

  /** Every entry of the table arrives in the archive exactly once. */
  private void assertArchived(Entries entries, String tenantId) {
    await()
        .untilAsserted(
            () ->
                assertThat(entries.archived(tenantId))
                    .extracting(entry -> entry.entryId())
                    .doesNotHaveDuplicates()
                    .containsAll(
                        entries.items().stream()
                            .filter(item -> item.get("tenant_id").s().equals(tenantId))
                            .map(item -> item.get("entry_id").s())
                            .toList()));
  }

  /** No process was killed, so the sweeper had no entry to send again. */
  private void assertNoneWasLostOnTheWay() {
    var sentAgain =
        outpost.context().getBean(MeterRegistry.class).get("outpost.audit.entries.resent");
    assertThat(sentAgain.counter().count()).isZero();
  }

  private void assertIntact(String tenantId) {
    var verification = admin.get("/tenants/" + tenantId + "/audit/verification?limit=1000");
    assertThat(verification.json().path("intact").asBoolean()).as(verification.body()).isTrue();
  }

  private static boolean is(Map<String, AttributeValue> item, String action) {
    return item.get("action").s().equals(action);
  }

  private static AttributeValue text(String text) {
    return AttributeValue.fromS(text);
  }

  private static String withoutKey(String text) {
    return text.replaceAll("op_live_[0-9a-f]+", "[redacted]");
  }
}
