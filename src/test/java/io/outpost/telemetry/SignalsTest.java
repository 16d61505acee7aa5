package io.outpost.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.proto.trace.v1.Span;
import io.outpost.aws.AwsProbe;
import io.outpost.blackbox.Client;
import io.outpost.blackbox.Customer;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import io.outpost.local.stripe.Faults.Fault;
import io.outpost.local.stripe.LocalStripe;
import io.outpost.webhooks.Receiver;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Clock;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A collector receives from API and worker: one trace of a job from its request to the webhook and
 * Stripe, every metric of the catalogue and the log lines, and no secret. One start serves all
 * tests.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class SignalsTest {

  private static final String COMMAND = "say-canary-51c9";
  private static final String PROVIDER_KEY = "sk-canary-77d0a1";
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String CALLER = "b7ad6b7169203331";
  private static final String SHOWN = "canary-shown-0123456789abcdef0123456789";
  private static final String TOKEN = "canary-token-0123456789abcdef0123456789";

  /** Metrics of events that this test does not cause; they are tested where they are counted. */
  private static final Set<Metric> RARE =
      Set.of(
          Metric.QUOTA_NOTICES,
          Metric.WEBHOOKS_REFUSED,
          Metric.MONEY_EVENTS,
          Metric.ROUTE_FAILURES,
          Metric.ROUTES_RELOADS);

  /** Camel's own label, which is not sent. */
  private static final String OF_ROUTES = "camelContext";

  private final EmbeddedAws aws;
  private final HttpClient http = HttpClient.newHttpClient();

  SignalsTest(EmbeddedAws aws) {
    this.aws = aws;
  }

  @Test
  void whatHappensIsSeenFromOutside() throws Exception {
    var secrets = new java.util.ArrayList<>(List.of(COMMAND, PROVIDER_KEY, TOKEN, SHOWN));
    try (var collector = new OtlpReceiver();
        var endpoint = new Receiver();
        var stripe = LocalStripe.start(Clock.systemUTC())) {
      var settings = settings(collector, stripe);
      String output;
      try (var api = LocalOutpost.on(aws.endpoints(), "api", settings);
          var worker = LocalOutpost.on(aws.endpoints(), "worker", settings)) {
        stripe.notify(api.address());
        var admin = Client.of(api.address()).with(api.adminKey());
        var customer = Customer.of(admin, "enterprise");
        secrets.addAll(List.of(api.adminKey(), customer.client().key(), "sk_test_", "whsec_"));
        admin.put(
            customer.path("/secrets/ANTHROPIC_API_KEY"),
            "{\"value\":\"%s\"}".formatted(PROVIDER_KEY));
        customer
            .client()
            .make(customer.path("/webhooks"), "{\"url\":\"%s\"}".formatted(endpoint.url("/")));
        var renewals = renewals(worker);
        output = jobOfTheCaller(customer.client());
        assertThat(renewals).as("while the job ran").isNotEmpty();
        aJobThatHasToWait(Customer.of(admin, "free").client(), collector);
        aJobWithoutItsAgent(customer.client());
        awsIsDown(api, customer.client(), collector);
        stripeIsDown(stripe, customer.client(), collector);
        await()
            .untilAsserted(
                () -> {
                  assertThat(named(collector, "call webhook")).isNotEmpty();
                  assertThat(named(collector, "call stripe")).isNotEmpty();
                });
        whatWasNotYetSeen(collector);
        thePortAsksForItsToken(worker);
        for (var role : List.of(api, worker)) {
          everyMeterOfOursIsDeclared(role.context().getBean(MeterRegistry.class));
        }
      }
      oneTrace(collector, output);
      plausible(collector);
      labelled(collector);
      assertThat(collector.linesOf(TRACE))
          .anySatisfy(
              line -> assertThat(line.getBody().getStringValue()).isEqualTo("Job succeeded"));
      // The collector drops data without the token, because agents can send to it, too.
      assertThat(collector.senders())
          .containsOnlyKeys("/v1/traces", "/v1/logs", "/v1/metrics")
          .allSatisfy((path, shown) -> assertThat(shown).containsExactly("Bearer " + SHOWN));
      for (var signal : collector.raw()) {
        assertThat(secrets).noneMatch(signal::contains);
      }
    }
  }

  private static Map<String, Object> settings(OtlpReceiver collector, LocalStripe stripe) {
    var settings = new HashMap<>(stripe.settings());
    settings.put("server.port", 0);
    settings.put("outpost.env", "signals");
    settings.put("outpost.probe", true);
    settings.put("OUTPOST_AGENT_CLAUDE_COMMAND", "[\"/bin/sh\",\"-s\"]");
    settings.put("OUTPOST_AGENT_GROK_COMMAND", "/nowhere/grok");
    settings.put("outpost.worker.attempts", 1);
    // The lease is renewed every five seconds.
    settings.put("outpost.worker.lease-seconds", 15);
    settings.put("outpost.webhooks.allow-loopback", true);
    settings.put("outpost.audit.archive-period", 1000);
    settings.put("outpost.audit.sweep-period", 1000);
    settings.put("outpost.stripe.usage-report-interval", "PT1S");
    settings.put("outpost.stripe.retry-delay", 10);
    settings.put("outpost.telemetry.otlp-endpoint", collector.address());
    settings.put("outpost.telemetry.otlp-token", SHOWN);
    settings.put("outpost.telemetry.traces", "1");
    settings.put("outpost.telemetry.measure-period", 500);
    settings.put("outpost.telemetry.prometheus", true);
    settings.put("outpost.telemetry.management-token", TOKEN);
    settings.put("management.server.port", 0);
    settings.put("management.otlp.metrics.export.step", "1s");
    return settings;
  }

  /** The worker's renewals of leases from now on. */
  private static List<AwsProbe.Call> renewals(LocalOutpost worker) {
    return worker
        .context()
        .getBean(AwsProbe.class)
        .record(call -> call.operation().equals("UpdateItem") && call.mentions("#lease_until"));
  }

  /** Runs a job with the caller's trace; returns the agent's output, which is its trace context. */
  private static String jobOfTheCaller(Client client) {
    var id =
        client
            .json(
                "POST",
                "/jobs",
                "{\"agent\":\"claude\",\"command\":\"sleep 6; echo $TRACEPARENT # %s\"}"
                    .formatted(COMMAND),
                "traceparent",
                "00-" + TRACE + "-" + CALLER + "-00")
            .text("job_id");
    assertThat(client.ended(id).get("status").asText()).isEqualTo("succeeded");
    return client.get("/jobs/" + id + "/output").body();
  }

  /** A free tenant has one slot. */
  private static void aJobThatHasToWait(Client client, OtlpReceiver collector) {
    var first = client.submit("claude", "sleep 600");
    await().until(() -> client.get("/jobs/" + first).text("status"), "running"::equals);
    var second = client.submit("claude", "true");
    seen(collector, Metric.JOBS_OLDEST, "reason", "tenant-limit");
    seen(collector, Metric.SLOTS_USED);
    assertThat(client.delete("/jobs/" + first).status()).isEqualTo(200);
    assertThat(client.ended(second).get("status").asText()).isEqualTo("succeeded");
  }

  private static void aJobWithoutItsAgent(Client client) {
    var job = client.ended(client.submit("grok", "true"));
    assertThat(job.get("status").asText()).isEqualTo("dead_letter");
  }

  private static void awsIsDown(LocalOutpost api, Client client, OtlpReceiver collector) {
    try (var down = api.context().getBean(AwsProbe.class).down("Sqs", "SendMessage")) {
      assertThat(down).isNotNull();
      await()
          .until(
              () -> {
                client.get("/jobs");
                return collector.most(Metric.SPOOL_BYTES.id());
              },
              bytes -> bytes > 0);
    }
  }

  /** Fails calls to Stripe until the circuit breaker is open. */
  private static void stripeIsDown(LocalStripe stripe, Client client, OtlpReceiver collector) {
    stripe.stub().faults().sometimes(1, 7, Fault.SERVER_ERROR);
    try {
      await()
          .until(
              () -> {
                client.post(
                    "/billing/checkout",
                    "{\"tier\":\"pro\",\"success_url\":\"https://a.example/ok\",\"cancel_url\":\"https://a.example/no\"}");
                return collector.most(Metric.STRIPE_CIRCUIT.id());
              },
              state -> state == 2);
    } finally {
      stripe.stub().faults().none();
    }
  }

  private static void whatWasNotYetSeen(OtlpReceiver collector) {
    await()
        .untilAsserted(
            () ->
                assertThat(
                        Arrays.stream(Metric.values())
                            .filter(metric -> !RARE.contains(metric))
                            .filter(metric -> collector.values(metric.id()).isEmpty()))
                    .isEmpty());
  }

  private static void seen(OtlpReceiver collector, Metric metric, String... labels) {
    await().until(() -> collector.most(metric.id(), labels), value -> value > 0);
  }

  private static void plausible(OtlpReceiver collector) {
    assertThat(collector.most("http.server.request.duration", "outpost.operation", "submitJob"))
        .isGreaterThanOrEqualTo(1);
    assertThat(collector.most("outpost.auth.cache", "outcome", "hit")).isGreaterThan(1);
    assertThat(collector.most("outpost.jobs.transitions", "transition", "claimed")).isEqualTo(4);
    assertThat(collector.most("outpost.jobs.transitions.refused", "reason", "no_slot"))
        .isGreaterThanOrEqualTo(1);
    assertThat(collector.most("outpost.jobs.attempts.ended", "reason", "platform-fault"))
        .isEqualTo(1);
    assertThat(collector.most("outpost.dead.letters", "reason", "platform-fault")).isEqualTo(1);
    assertThat(collector.most("outpost.jobs.open", "state", "running")).isGreaterThanOrEqualTo(1);
    assertThat(collector.most("outpost.jobs.start.duration", "lane", "normal")).isEqualTo(3);
    assertThat(collector.most("outpost.queue.age", "queue", "audit")).isGreaterThanOrEqualTo(1);
    assertThat(collector.most("outpost.audit.lag", "to", "table")).isGreaterThan(4);
    assertThat(collector.most("outpost.audit.lag", "to", "archive")).isGreaterThanOrEqualTo(1);
    assertThat(collector.most("outpost.webhooks.delivered")).isGreaterThanOrEqualTo(1);
    assertThat(collector.most("outpost.billing.usage.reported")).isGreaterThanOrEqualTo(1);
    assertThat(
            collector.most(
                "http.client.request.duration",
                "peer.service",
                "stripe",
                "http.response.status_class",
                "5xx"))
        .isGreaterThanOrEqualTo(1);
    for (var objective : List.of("auth", "audit", "dispatch", "end-to-end", "webhooks")) {
      assertThat(collector.most("outpost.objectives.measured", "objective", objective))
          .as(objective)
          .isGreaterThanOrEqualTo(1);
    }
    assertThat(collector.most("outpost.worker.slots"))
        .isGreaterThanOrEqualTo(collector.most("outpost.worker.slots.used"));
    assertThat(collector.most("outpost.worker.disk.free")).isPositive();
    assertThat(collector.most("outpost.worker.memory.free")).isPositive();
    assertThat(collector.most("process.start.time")).isPositive();
  }

  private static void labelled(OtlpReceiver collector) {
    for (var metric : Metric.values()) {
      assertThat(collector.values(metric.id()).keySet())
          .as(metric.id())
          .allSatisfy(labels -> assertThat(labels.keySet()).hasSameElementsAs(metric.labels()));
    }
  }

  /** All spans belong to one trace below the caller's span, and each has its parent in it. */
  private static void oneTrace(OtlpReceiver collector, String output) {
    var trace = collector.trace(TRACE);
    var ids = trace.stream().map(Span::getSpanId).collect(Collectors.toSet());
    var request = one(trace, "POST /jobs");
    assertThat(OtlpReceiver.hex(request.getParentSpanId())).isEqualTo(CALLER);
    assertThat(trace)
        .filteredOn(span -> !span.equals(request))
        .allSatisfy(span -> assertThat(ids).as(span.getName()).contains(span.getParentSpanId()));
    assertThat(trace)
        .extracting(Span::getName)
        .contains(
            "accept-job",
            "commit-change",
            "queue-job",
            "DynamoDb.TransactWriteItems",
            "Sqs.SendMessage",
            "run job",
            "run-agent",
            "finish-job",
            "S3.PutObject",
            "call webhook",
            "call-stripe",
            "call stripe");
    // The many renewals of a long job make no spans.
    assertThat(trace)
        .extracting(Span::getName)
        .doesNotContain("keep-lease", "Sqs.ChangeMessageVisibility");
    assertThat(trace)
        .filteredOn(span -> span.getName().equals("DynamoDb.UpdateItem"))
        .allSatisfy(span -> assertThat(above(span, trace).getFirst()).isNotEqualTo("run job"));
    var run = one(trace, "run job");
    var agent = one(trace, "agent claude");
    assertThat(run.getParentSpanId()).isEqualTo(request.getSpanId());
    assertThat(above(agent, trace)).contains("run job", "POST /jobs");
    assertThat(output)
        .contains("00-%s-%s-01".formatted(TRACE, OtlpReceiver.hex(agent.getSpanId())));
    assertThat(above(one(trace, "finish-job"), trace))
        .containsExactly("run-job", "run job", "POST /jobs");
  }

  private static List<Span> named(OtlpReceiver collector, String name) {
    return collector.trace(TRACE).stream().filter(span -> span.getName().equals(name)).toList();
  }

  private static Span one(List<Span> trace, String name) {
    assertThat(trace).extracting(Span::getName).contains(name);
    return trace.stream().filter(span -> span.getName().equals(name)).findFirst().orElseThrow();
  }

  /** The names of a span's ancestors, the parent first. */
  private static List<String> above(Span span, List<Span> trace) {
    var names = new java.util.ArrayList<String>();
    for (var at = span; at != null; ) {
      var parent = at.getParentSpanId();
      at = trace.stream().filter(s -> s.getSpanId().equals(parent)).findFirst().orElse(null);
      if (at != null) {
        names.add(at.getName());
      }
    }
    return names;
  }

  /** An agent shares the worker's loopback, but has no token. */
  private void thePortAsksForItsToken(LocalOutpost worker) throws Exception {
    var port = worker.context().getEnvironment().getRequiredProperty("local.management.port");
    for (var path : List.of("/prometheus", "/routes", "/")) {
      assertThat(get(port, path, null).statusCode()).as(path).isEqualTo(401);
      assertThat(get(port, path, TOKEN + "x").statusCode()).as(path).isEqualTo(401);
    }
    assertThat(get(port, "/prometheus", TOKEN).body())
        .contains(
            "outpost_worker_slots ", "transition=\"claimed\"", "outpost_jobs_duration_seconds")
        .doesNotContain(COMMAND);
    assertThat(get(port, "/env", TOKEN).body()).doesNotContain("systemProperties");
  }

  private HttpResponse<String> get(String port, String path, String token) throws Exception {
    var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
    if (token != null) {
      request.header("Authorization", "Bearer " + token);
    }
    return http.send(request.build(), BodyHandlers.ofString());
  }

  private static void everyMeterOfOursIsDeclared(MeterRegistry meters) {
    var declared =
        Arrays.stream(Metric.values()).collect(Collectors.toMap(Metric::id, Metric::labels));
    for (var meter : meters.getMeters()) {
      var id = meter.getId();
      if (id.getName().matches("outpost\\..*|http\\.\\w+\\.request\\.duration")) {
        assertThat(declared).containsKey(id.getName());
        assertThat(
                id.getTags().stream()
                    .map(tag -> tag.getKey())
                    .filter(key -> !key.equals(OF_ROUTES)))
            .as(id.getName())
            .containsExactlyInAnyOrderElementsOf(declared.get(id.getName()));
      }
      assertThat(id.getTags())
          .as(id.getName())
          .noneMatch(
              tag ->
                  tag.getValue()
                      .matches("(?s).*([0-9A-HJKMNP-TV-Z]{26}|[0-9a-f]{8}-[0-9a-f]{4}-).*"));
    }
  }
}
