package io.outpost.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outpost.blackbox.Client;
import io.outpost.blackbox.Client.Answer;
import io.outpost.blackbox.Customer;
import io.outpost.local.AwsCalls;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.SdkRequest;
import software.amazon.awssdk.services.sqs.model.SendMessageRequest;

/**
 * While the audit queue does not answer, no request fails and no entry that fits on disk is lost.
 * The product runs on embedded AWS, and its sends to the queue fail or hang.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class P21AuditQueueDownTest {

  private static final Duration LONGEST = Duration.ofSeconds(90);
  private static final String JOB = "{\"agent\":\"claude\",\"command\":\"Say hello\"}";

  private final EmbeddedAws aws;
  @TempDir private Path spool;

  P21AuditQueueDownTest(EmbeddedAws aws) {
    this.aws = aws;
  }

  @Test
  void entriesWaitOnDiskOverARestartAndThenComeOnce() {
    var env = "queuedown";
    var calls = new RecordedCalls("down");
    String admin;
    try (var api = start(env, "api", Map.of())) {
      admin = api.adminKey();
      queueGoesDown(api, env);
      var operator = calls.client(api.address(), admin);
      var customer = Customer.of(operator, "enterprise");
      await()
          .until(
              () ->
                  customer.client().get("/jobs").status() == 200 ? audit(ready(api)) : "a refusal",
              "DELAYED"::equals);
      for (int i = 0; i < 20; i++) {
        assertThat(customer.client().post("/jobs", JOB).status()).isEqualTo(202);
        assertThat(customer.client().get("/jobs").status()).isEqualTo(200);
        assertThat(customer.client().get("/tenants").status()).isEqualTo(403);
      }
      assertThat(ready(api).status()).isEqualTo(200);
      assertThat(spool).isNotEmptyDirectory();
    }
    try (var entries = Entries.of(aws, env)) {
      assertThat(entries.missing(calls.made().keySet())).isEqualTo(reads(calls));

      try (var both = start(env, "local", Map.of("outpost.auth.bootstrap-admin-key", admin))) {
        calls.client(both.address(), admin).get("/tenants");
        await().until(() -> entries.missing(calls.made().keySet()), Set::isEmpty);
        assertThat(entries.calls().values()).allMatch(items -> items.size() == 1);
        await()
            .untilAsserted(
                () ->
                    assertThat(archived(entries))
                        .containsAll(calls.made().keySet())
                        .doesNotHaveDuplicates());
        assertThat(audit(ready(both))).isEqualTo("UP");
        assertThat(spool).isEmptyDirectory();
      }
    }
  }

  @Test
  void whatDoesNotFitIsTheReadsAndReadinessSaysSo() {
    var env = "spoolfull";
    var calls = new RecordedCalls("full");
    var settings =
        Map.<String, Object>of(
            "outpost.audit.spool-limit", "2KB",
            "outpost.audit.told-within", "1s",
            "outpost.audit.sweep-period", 500);
    try (var api = start(env, "api", settings);
        var entries = Entries.of(aws, env)) {
      queueGoesDown(api, env);
      var customer = Customer.of(calls.client(api.address(), api.adminKey()), "enterprise");
      await()
          .until(
              () -> {
                assertThat(customer.client().get("/jobs").status()).isEqualTo(200);
                assertThat(customer.client().post("/jobs", JOB).status()).isEqualTo(202);
                return ready(api);
              },
              ready -> ready.status() == 503 && audit(ready).equals("DOWN"));
      api.context().getBean(AwsCalls.class).work();
      try (var worker = start(env, "worker", settings)) {
        await().untilAsserted(() -> assertThat(archived(entries)).containsAll(changes(calls)));
        await().until(() -> audit(ready(api)), "UP"::equals);
        assertThat(entries.calls().values()).allMatch(items -> items.size() == 1);
        assertThat(worker.context().isRunning()).isTrue();
      }
    }
  }

  /** Entries are sent to the queue outside the request, so no request waits for the queue. */
  @Test
  void aQueueThatHangsHoldsUpNoRequest() {
    var env = "queuehangs";
    var calls = new RecordedCalls("hangs");
    var sends = new AtomicInteger();
    var goOn = new CountDownLatch(1);
    try (var both = start(env, "local", Map.of());
        var entries = Entries.of(aws, env)) {
      both.context()
          .getBean(AwsCalls.class)
          .fail(request -> isToAuditQueue(request, env) && !hangs(sends, goOn));
      var customer = Customer.of(calls.client(both.address(), both.adminKey()), "enterprise");
      await()
          .until(
              () -> {
                assertThat(customer.client().get("/jobs").status()).isEqualTo(200);
                assertThat(customer.client().post("/jobs", JOB).status()).isEqualTo(202);
                return sends.get() >= 3;
              });
      assertThat(entries.missing(calls.made().keySet())).isNotEmpty().isEqualTo(reads(calls));
      goOn.countDown();
      await().until(() -> entries.missing(calls.made().keySet()), Set::isEmpty);
      assertThat(entries.calls().values()).allMatch(items -> items.size() == 1);
    }
  }

  /** Counts a send and waits for the latch; false after 90 seconds or an interruption. */
  private static boolean hangs(AtomicInteger sends, CountDownLatch goOn) {
    sends.incrementAndGet();
    try {
      return goOn.await(LONGEST.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private LocalOutpost start(String env, String profile, Map<String, Object> more) {
    var settings = new HashMap<String, Object>(more);
    settings.put("server.port", 0);
    settings.put("outpost.env", env);
    settings.put("outpost.test.aws-calls", true);
    settings.put("outpost.agents.demo", "always");
    settings.put("outpost.audit.spool", spool.toString());
    settings.put("outpost.audit.drain-period", 200);
    settings.put("outpost.audit.archive-period", 500);
    settings.put("outpost.worker.wait-seconds", 1);
    return LocalOutpost.on(aws.endpoints(), profile, settings);
  }

  private static void queueGoesDown(LocalOutpost api, String env) {
    api.context().getBean(AwsCalls.class).fail(request -> isToAuditQueue(request, env));
  }

  private static boolean isToAuditQueue(SdkRequest request, String env) {
    return request instanceof SendMessageRequest send
        && send.queueUrl().endsWith("/outpost-audit-" + env);
  }

  private static Answer ready(LocalOutpost api) {
    return Client.of(api.address()).get("/health/ready");
  }

  private static String audit(Answer ready) {
    return ready.json().at("/components/audit").asText();
  }

  private static Set<String> reads(RecordedCalls calls) {
    var reads = new TreeSet<>(calls.made().keySet());
    reads.removeAll(changes(calls));
    return reads;
  }

  private static Set<String> changes(RecordedCalls calls) {
    return calls.made().entrySet().stream()
        .filter(call -> call.getValue().changes())
        .map(Map.Entry::getKey)
        .collect(Collectors.toSet());
  }

  /** The request ids of the calls in all archives, with duplicates. */
  private static java.util.List<String> archived(Entries entries) {
    return entries.tenants().stream()
        .flatMap(tenant -> entries.archived(tenant).stream())
        .filter(entry -> entry.status() != null)
        .map(AuditEntry::requestId)
        .toList();
  }
}
