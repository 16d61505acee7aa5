package io.outpost.aws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outpost.auth.SampleRequests;
import io.outpost.auth.SampleRequests.Belongings;
import io.outpost.blackbox.Client;
import io.outpost.blackbox.Customer;
import io.outpost.http.Contract;
import io.outpost.local.AwsClients;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.stripe.Faults.Fault;
import io.outpost.local.stripe.LocalStripe;
import io.outpost.tenant.Principal;
import io.outpost.webhooks.Receiver;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.apache.camel.support.DefaultExchange;
import org.apache.commons.codec.digest.DigestUtils;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * An API and a worker, apart as in production, on one embedded AWS and one Stripe stub. Daily tasks
 * run when a test says so. It can do everything that the product does, once each.
 */
final class Installation implements AutoCloseable {

  private static final String ENV = "rights";
  private static final String ADMIN_KEY = "op_test_0123456789abcdef0123456789abcdef";

  private final EmbeddedAws aws = EmbeddedAws.start(Optional.empty());
  private final AwsClients clients = aws.clients();
  private final LocalStripe stripe = LocalStripe.start(Clock.systemUTC());
  private final LocalOutpost api;
  private final LocalOutpost worker;
  private final Client admin;

  private Installation() {
    api = LocalOutpost.on(aws.endpoints(), "api", settings());
    worker = LocalOutpost.on(aws.endpoints(), "worker", settings());
    stripe.notify(api.address());
    admin = Client.of(api.address()).with(ADMIN_KEY);
  }

  static Installation start() {
    return new Installation();
  }

  /** The AWS use of each role; it grows until the installation is closed. */
  Map<String, AwsUse> use() {
    return Map.of(
        "api", api.context().getBean(AwsUse.class),
        "worker", worker.context().getBean(AwsUse.class));
  }

  /** Stops the worker while a job runs, then the API. */
  @Override
  public void close() {
    worker.close();
    api.close();
    stripe.close();
    clients.close();
    aws.close();
  }

  void doEverything() throws Exception {
    everyOperation();
    var customer = Customer.of(admin, "enterprise");
    providerKeys(customer);
    jobsOfEachPriority(customer);
    inputs(customer.client());
    cancels(Customer.of(admin, "free"));
    lostMessages(customer.client());
    workspaces(Customer.of(admin, "enterprise").client());
    var counted = Customer.of(admin, "pro");
    providerKeys(counted);
    deadLetters(counted.client());
    subscription(Customer.of(admin, "free"));
    usage(customer);
    thresholds(Customer.of(admin, "free"));
    whileStripeFails(Customer.of(admin, "enterprise"));
    auditExport(customer);
    webhooks(customer);
    admin.delete(customer.path(""));
    onceADay();
    var running = Customer.of(admin, "enterprise").client();
    awaitStatus(running, running.submit("claude", "sleep 600"), "running");
  }

  private Map<String, Object> settings() {
    var settings = new HashMap<>(stripe.settings());
    settings.put("server.port", 0);
    settings.put("outpost.env", ENV);
    settings.put("outpost.test.aws-use", true);
    settings.put("outpost.probe", true);
    settings.put(
        "outpost.notices-topic", "arn:aws:sns:us-east-1:000000000000:outpost-notices-" + ENV);
    settings.put("outpost.auth.bootstrap-admin-key", ADMIN_KEY);
    settings.put("outpost.auth.rate-limit-per-minute", 1_000_000);
    settings.put("outpost.auth.last-used-period", 500);
    settings.put("outpost.tenants.retention", "PT0S");
    settings.put("outpost.jobs.kept.free", "PT0S");
    settings.put("outpost.agents.demo", "always");
    settings.put("outpost.worker.wait-seconds", 1);
    settings.put("outpost.worker.lease-seconds", 6);
    settings.put("outpost.worker.retry-after", "1s");
    settings.put("outpost.worker.grace", "0s");
    settings.put("outpost.jobs.resend-after", "2s");
    settings.put("outpost.jobs.most-workspaces.free", 6);
    settings.put("outpost.jobs.most-workspaces.pro", 6);
    settings.put("outpost.jobs.most-workspaces.enterprise", 6);
    settings.put("outpost.jobs.sweep-period", 500);
    settings.put("outpost.jobs.stream-for", "1s");
    settings.put("outpost.webhooks.allow-loopback", true);
    settings.put("outpost.audit.archive-period", 1000);
    settings.put("outpost.audit.export-period", 500);
    settings.put("outpost.audit.export-after", "2s");
    settings.put("outpost.audit.told-within", "0s");
    settings.put("outpost.audit.sweep-period", 2000);
    settings.put("outpost.stripe.usage-report-interval", "PT1S");
    return settings;
  }

  /** Calls every operation once, as a caller that may. */
  private void everyOperation() {
    for (var operation : api.context().getBean(Contract.class).operations()) {
      var owner = Belongings.of(admin, Customer.of(admin, "enterprise"), operation);
      var forOperators = !operation.open() && operation.anyOf().equals(Set.of(Principal.ADMIN));
      SampleRequests.send(operation, forOperators ? admin : owner.customer().client(), owner);
    }
  }

  /** Creates the highest allowed number of workspaces, and tries one more. */
  private static void workspaces(Client client) {
    var job = "{\"agent\":\"claude\",\"command\":\"Hi\",\"workspace\":\"w%d\"}";
    for (int i = 1; i <= 6; i++) {
      client.submit(job.formatted(i));
    }
    assertThat(client.post("/jobs", job.formatted(7)).status()).isEqualTo(409);
  }

  /** Stores a provider key, replaces it, fails to replace it, deletes it and stores it again. */
  private void providerKeys(Customer customer) {
    var path = customer.path("/secrets/" + Belongings.SECRET);
    put(path, 204);
    put(path, 204);
    try (var down = api.context().getBean(AwsProbe.class).down("DynamoDb", "TransactWriteItems")) {
      put(path, 503);
    }
    assertThat(admin.delete(path).status()).isEqualTo(204);
    put(path, 204);
  }

  private void put(String path, int status) {
    var answer = admin.put(path, "{\"value\":\"sk-of-a-test\"}");
    assertThat(answer.status()).as(answer.body()).isEqualTo(status);
  }

  /**
   * Runs two jobs in each lane, long enough for a heartbeat; the second waits for the first's
   * workspace.
   */
  private static void jobsOfEachPriority(Customer customer) {
    var client = customer.client();
    var jobs = new ArrayList<String>();
    for (var lane : List.of("high", "normal", "low")) {
      String second;
      do {
        jobs.add(submit(client, lane));
        second = submit(client, lane);
        jobs.add(second);
      } while (!waitsForItsWorkspace(client, second));
    }
    for (var job : jobs) {
      assertThat(client.ended(job).get("status").asText()).isEqualTo("succeeded");
      assertThat(client.get("/jobs/" + job + "/output").status()).isEqualTo(200);
      assertThat(client.get("/jobs/" + job + "/artifacts").status()).isEqualTo(200);
      assertThat(client.get("/jobs/" + job + "/receipt").status()).isEqualTo(200);
    }
    assertThat(client.get("/jobs?status=succeeded").body()).contains(jobs);
    assertThat(client.delete("/workspaces/low").status()).isEqualTo(204);
  }

  /**
   * Whether the job waits for its workspace; on a slow machine a worker may receive it only after
   * the job before it has ended.
   */
  private static boolean waitsForItsWorkspace(Client client, String job) {
    return await()
        .until(
            () -> client.get("/jobs/" + job).json(),
            read ->
                read.get("waiting_reason").asText().equals("workspace")
                    || !read.get("status").asText().equals("pending"))
        .get("status")
        .asText()
        .equals("pending");
  }

  private static String submit(Client client, String lane) {
    return client.submit(
        "{\"agent\":\"claude\",\"command\":\"sleep 4\",\"workspace\":\"%s\",\"priority\":\"%s\"}"
            .formatted(lane, lane));
  }

  /** Uploads a file and gives it to a job. */
  private static void inputs(Client client) throws Exception {
    var link =
        client.post(
            "/inputs",
            "{\"size_bytes\":5,\"sha256\":\"%s\"}".formatted(DigestUtils.sha256Hex("hello")));
    var put =
        HttpRequest.newBuilder(URI.create(link.text("url")))
            .PUT(HttpRequest.BodyPublishers.ofString("hello"));
    link.json()
        .get("headers")
        .properties()
        .forEach(h -> put.header(h.getKey(), h.getValue().asText()));
    assertThat(client.http().send(put.build(), BodyHandlers.discarding()).statusCode())
        .isEqualTo(200);
    var job =
        client.submit(
            "{\"agent\":\"claude\",\"command\":\"Hi\",\"inputs\":[{\"input_id\":\"%s\",\"path\":\"a\"}]}"
                .formatted(link.text("input_id")));
    assertThat(client.ended(job).get("status").asText()).isEqualTo("succeeded");
  }

  /** Cancels a running job, and a job that waits for it. */
  private void cancels(Customer customer) {
    var client = customer.client();
    var running =
        client.submit("{\"agent\":\"claude\",\"command\":\"sleep 600\",\"workspace\":\"w\"}");
    awaitStatus(client, running, "running");
    watches(client, running);
    var waiting = client.submit("claude", "sleep 600");
    for (var job : List.of(waiting, running)) {
      assertThat(client.delete("/jobs/" + job).status()).isEqualTo(200);
    }
  }

  /**
   * Reads a running job: its events, its end until the wait times out, and the first bytes of
   * output.
   */
  private static void watches(Client client, String job) {
    assertThat(client.get("/jobs/" + job + "/events").status()).isEqualTo(200);
    assertThat(client.get("/jobs/" + job + "?wait=1").text("status")).isEqualTo("running");
    var output = "/jobs/" + job + "/output";
    assertThat(client.get(output + "?from=0&wait=25").body()).isNotEmpty();
    assertThat(client.get(output + "?from=100000").body()).isEmpty();
    assertThat(client.json("GET", output, null, "Range", "bytes=0-3").status()).isEqualTo(206);
  }

  /**
   * Loses two messages: a sweeper sends the job's again, and the hourly repair creates the tenant's
   * Stripe customer.
   */
  private void lostMessages(Client client) {
    String job;
    try (var down = api.context().getBean(AwsProbe.class).down("Sqs", "SendMessage")) {
      job = client.submit("claude", "Say hello");
      Customer.of(admin, "free");
    }
    assertThat(client.ended(job).get("status").asText()).isEqualTo("succeeded");
  }

  /**
   * Makes a job fail three times, because its agent gets no provider key; redriven, the job
   * succeeds.
   */
  private void deadLetters(Client client) {
    String job;
    try (var down = worker.context().getBean(AwsProbe.class).down("SecretsManager")) {
      job = client.submit("gemini", "Say hello");
      assertThat(client.ended(job).get("status").asText()).isEqualTo("dead_letter");
    }
    // A message that SQS gave up on; its job has ended.
    send(
        "jobs-dlq",
        "{\"tenant_id\":\"%s\",\"job_id\":\"%s\",\"priority\":\"normal\",\"holds\":0}"
            .formatted(client.get("/jobs/" + job).text("tenant_id"), job));
    assertThat(admin.get("/admin/dead-letters").body()).contains(job);
    var redriven =
        admin.json("POST", "/admin/dead-letters/redrive", "{}", "Idempotency-Key", "once");
    assertThat(redriven.status()).as(redriven.body()).isEqualTo(202);
    assertThat(client.ended(job).get("status").asText()).isEqualTo("succeeded");
  }

  private void send(String queue, String message) {
    var url = clients.sqs().getQueueUrl(q -> q.queueName("outpost-" + queue + "-" + ENV));
    clients.sqs().sendMessage(m -> m.queueUrl(url.queueUrl()).messageBody(message));
  }

  /**
   * Reads the customer's quota and pays for a tier on Stripe's page; the event arrives at the
   * webhook.
   */
  private void subscription(Customer customer) throws Exception {
    assertThat(customer.client().get("/billing/usage").status()).isEqualTo(200);
    var past = customer.client().get("/billing/usage?period=2026-01&group_by=agent");
    assertThat(past.status()).isEqualTo(200);
    var session =
        customer
            .client()
            .post(
                "/billing/checkout",
                "{\"tier\":\"pro\",\"success_url\":\"https://a.example\",\"cancel_url\":\"https://a.example\"}");
    var paid =
        HttpRequest.newBuilder(URI.create(session.text("url")))
            .POST(HttpRequest.BodyPublishers.noBody())
            .build();
    customer.client().http().send(paid, BodyHandlers.discarding());
    await().until(() -> customer.client().get(customer.path("")).text("tier").equals("pro"));
  }

  /** Reaches a limit, waits until the operators are notified, and reads past usage. */
  private void thresholds(Customer customer) {
    customer.client().submit("claude", "hello");
    var limit = customer.client().json("PATCH", customer.path(""), "{\"monthly_job_limit\": 1}");
    assertThat(limit.status()).isEqualTo(200);
    var usage = customer.client().get("/billing/usage?period=2026-01&group_by=agent");
    assertThat(usage.status()).isEqualTo(200);
    await()
        .until(
            () -> usageItems(customer.tenantId(), "notice#"),
            found ->
                found.size() == 2
                    && found.stream().noneMatch(item -> item.containsKey("unreported_shard")));
  }

  /** Does what happens only while Stripe refuses, fails or drops what it accepted. */
  private void whileStripeFails(Customer customer) throws Exception {
    var account = stripe.stub().account();
    // A price that no tier has.
    await().until(() -> admin.get(customer.path("")).json().hasNonNull("stripe_customer_id"));
    account.addPrice("price_unknown", "Unknown", 100, null);
    account.subscribe(admin.get(customer.path("")).text("stripe_customer_id"), "price_unknown");
    // An error with an idempotency key.
    stripe.stub().faults().next(1, Fault.SERVER_ERROR, "POST", "/v1/billing_portal");
    assertThat(customer.client().get("/billing/portal").status()).isEqualTo(200);
    // A report that Stripe accepts and rejects afterwards, and an alarm about it.
    account.turnMeter(stripe.meter(), "inactive");
    customer.client().submit("claude", "hello");
    // Another customer's job may be rejected first; then reports stop until the meter is active
    // again.
    await().until(() -> !usageItems("usage-rejected", "").isEmpty());
    account.turnMeter(stripe.meter(), "active");
    await()
        .until(
            () -> usageItems(customer.tenantId(), "ledger#"),
            found -> found.stream().anyMatch(entry -> entry.containsKey("reported_at")));
  }

  /** Waits until a finished job is reported, then takes it off the bill. */
  private void usage(Customer customer) {
    var entry =
        await()
            .until(
                () -> ledger(customer.tenantId()),
                found -> found.stream().anyMatch(e -> e.containsKey("reported_at")))
            .stream()
            .filter(e -> e.containsKey("reported_at"))
            .findFirst()
            .orElseThrow();
    send(
        "stripe",
        "{\"kind\":\"void_job\",\"tenant_id\":\"%s\",\"job_id\":\"%s\",\"period\":\"%s\"}"
            .formatted(
                customer.tenantId(), entry.get("job_id").s(), entry.get("sk").s().split("#")[1]));
    await()
        .until(
            () -> ledger(customer.tenantId()).stream().anyMatch(e -> e.containsKey("voided_at")));
  }

  private List<Map<String, AttributeValue>> ledger(String tenantId) {
    return usageItems(tenantId, "ledger#");
  }

  private List<Map<String, AttributeValue>> usageItems(String tenantId, String prefix) {
    return clients
        .dynamoDb()
        .query(
            q ->
                q.tableName("outpost-usage-" + ENV)
                    .keyConditionExpression(
                        prefix.isEmpty()
                            ? "tenant_id = :t"
                            : "tenant_id = :t AND begins_with(sk, :prefix)")
                    .expressionAttributeValues(
                        prefix.isEmpty()
                            ? Map.of(":t", AttributeValue.fromS(tenantId))
                            : Map.of(
                                ":t", AttributeValue.fromS(tenantId),
                                ":prefix", AttributeValue.fromS(prefix))))
        .items();
  }

  /** Exports the audit of the last hour, and checks the archive. */
  private void auditExport(Customer customer) {
    var path = customer.path("/audit/exports");
    var range = "{\"from\":\"%s\",\"to\":\"%s\"}";
    var now = Instant.now();
    var ordered = admin.post(path, range.formatted(now.minus(Duration.ofHours(1)), now));
    assertThat(ordered.status()).as(ordered.body()).isEqualTo(202);
    await()
        .until(
            () -> admin.get(path + "/" + ordered.text("export_id")),
            answer -> answer.text("status").equals("done"));
    assertThat(admin.get(customer.path("/audit/verification")).text("intact")).isEqualTo("true");
  }

  /**
   * Delivers an event, delivers it again and disables the endpoint; changes of secrets fail in
   * between.
   */
  private void webhooks(Customer customer) throws IOException {
    try (var receiver = new Receiver()) {
      var all = customer.path("/webhooks");
      var made = admin.post(all, "{\"url\":\"%s\"}".formatted(receiver.url("/")));
      var path = all + "/" + made.text("webhook_id");
      customer.client().ended(customer.client().submit("claude", "Say hello"));
      await().until(() -> !receiver.got().isEmpty());
      var since = "{\"since\":\"%s\"}".formatted(Instant.now().minusSeconds(600));
      await()
          .until(
              () -> admin.post(path + "/redeliver", since).json().at("/redelivered").asInt() == 1);
      await().until(() -> receiver.got().size() >= 2);
      try (var down =
          api.context().getBean(AwsProbe.class).down("DynamoDb", "TransactWriteItems")) {
        assertThat(admin.post(all, "{\"url\":\"https://a.example\"}").status()).isEqualTo(503);
        assertThat(admin.post(path + "/rotate", "{}").status()).isEqualTo(503);
        assertThat(admin.delete(path).status()).isEqualTo(503);
      }
      receiver.answer(got -> new Receiver.Reply(410, ""));
      admin.post(path + "/ping", null);
      await().until(() -> admin.get(path).text("status").equals("disabled"));
    }
  }

  private void onceADay() throws Exception {
    fire(api, "repair-events");
    fire(api, "repair-customers");
    fire(api, "reconcile-usage");
    fire(api, "check-invoices");
    fire(api, "check-billing-setup");
    fire(api, "publish-notice");
    fire(api, "remove-tenants");
    fire(api, "remove-expired-jobs");
  }

  /**
   * Runs a route as its timer does, or as the timer's route does when it is this container's turn.
   */
  private static void fire(LocalOutpost outpost, String route) throws Exception {
    var camel = outpost.context().getBean(CamelContext.class);
    var exchange = new DefaultExchange(camel);
    exchange.getMessage().setBody("{}");
    camel.getRoute(route).getConsumer().getProcessor().process(exchange);
    assertThat(exchange.getException()).isNull();
  }

  private static void awaitStatus(Client client, String job, String status) {
    await().until(() -> client.get("/jobs/" + job).text("status").equals(status));
  }
}
