package io.outpost.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outpost.Outpost;
import io.outpost.audit.RecordedCalls.Made;
import io.outpost.blackbox.Client;
import io.outpost.blackbox.Customer;
import io.outpost.blackbox.OutpostProcess;
import io.outpost.blackbox.Ports;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.Provisioner;
import io.outpost.local.SharedOutpost;
import io.outpost.local.Sizes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/**
 * Kills (-9) API and worker, as real processes, repeatedly in the middle of calls. No change lacks
 * its entry and no entry of a change lacks its effect, in the table and in the archive; of reads
 * and refusals, only the last ones before a kill are lost.
 */
@Tag("product")
@Tag("faults")
@ExtendWith(SharedOutpost.class)
class P21KilledProcessesTest {

  private static final Logger LOG = LoggerFactory.getLogger(P21KilledProcessesTest.class);
  private static final String ENV = "killed";
  private static final String ADMIN = "op_live_" + "0".repeat(31) + "2";
  private static final String JOB = "{\"agent\":\"claude\",\"command\":\"Say hello\"}";
  private static final int KILLS = Sizes.of(1, 3);
  private static final int CALLS_BETWEEN = 150;
  private static final int CLIENTS = 4;

  /**
   * How long before a kill a call with a lost entry may have been answered. Entries are collected
   * for a twentieth of a second and then sent, which takes longer while the machine starts
   * processes.
   */
  private static final Duration ON_THEIR_WAY = Duration.ofSeconds(2);

  private final EmbeddedAws aws;
  private final Entries entries;
  private final int port = Ports.free();
  private final RecordedCalls calls = new RecordedCalls("killed");
  private final List<OutpostProcess> processes = new ArrayList<>();
  private final List<Kill> kills = new ArrayList<>();
  private volatile boolean calling = true;
  @TempDir private Path folder;

  P21KilledProcessesTest(EmbeddedAws aws) {
    this.aws = aws;
    this.entries = Entries.of(aws, ENV);
  }

  /** Creates the AWS resources; messages received by a killed worker return after 20 seconds. */
  @BeforeEach
  void provision() {
    new Provisioner(entries.clients(), ENV).provision();
    var sqs = entries.clients().sqs();
    var queue = sqs.getQueueUrl(q -> q.queueName("outpost-audit-" + ENV)).queueUrl();
    var soon = Map.of(QueueAttributeName.VISIBILITY_TIMEOUT, "20");
    sqs.setQueueAttributes(q -> q.queueUrl(queue).attributes(soon));
  }

  @AfterEach
  void stop() {
    processes.forEach(OutpostProcess::close);
    entries.close();
  }

  @Test
  void noChangeIsLostAndOfReadsOnlyTheLast() throws Exception {
    var api = start("api");
    var worker = start("worker");
    var admin = calls.client("http://localhost:" + port, ADMIN);
    awaitReady();
    var customer = Customer.of(admin, "enterprise");
    var threads = new ArrayList<Thread>();
    for (int i = 0; i < CLIENTS; i++) {
      threads.add(Thread.ofVirtual().start(() -> call(customer)));
    }
    for (int kill = 1; kill <= KILLS; kill++) {
      awaitCalls(kill * CALLS_BETWEEN);
      var sent = Instant.now();
      api.kill();
      kills.add(new Kill(sent, Instant.now()));
      worker.close();
      api = start("api");
      worker = start("worker");
    }
    awaitReady();
    awaitCalls((KILLS + 1) * CALLS_BETWEEN);
    calling = false;
    for (var thread : threads) {
      thread.join();
    }
    assertThat(api.terminate(Duration.ofMinutes(1))).as(api.printed()).isTrue();
    check(customer);
  }

  private void check(Customer customer) throws Exception {
    var answered = withStatus(202, 200, 403);
    var changes = withStatus(202);
    await()
        .untilAsserted(
            () ->
                assertThat(entries.missing(answered))
                    .allSatisfy(id -> assertThat(beforeItsKill(id)).isLessThan(ON_THEIR_WAY)));
    tell(entries.missing(answered));
    assertThat(entries.missing(changes)).isEmpty();
    assertThat(entries.calls().values()).allMatch(items -> items.size() == 1);
    var submissions = submissions();
    assertThat(submissions).containsAll(changes).isEqualTo(jobs());
    await()
        .untilAsserted(
            () ->
                assertThat(entries.archived(customer.tenantId()))
                    .extracting(entry -> entry.requestId())
                    .containsAll(submissions));
    var verify = start("verify", "--outpost.verify-audit=" + customer.tenantId());
    assertThat(verify.awaitExit()).as(verify.printed()).isZero();
  }

  /** The times when the signal was sent and when the process was gone; it may answer in between. */
  private record Kill(Instant sent, Instant gone) {}

  /** Logs how long before a kill the calls with lost entries were answered. */
  private void tell(Set<String> lost) {
    var longest =
        lost.stream().map(this::beforeItsKill).max(Comparator.naturalOrder()).orElse(Duration.ZERO);
    LOG.info(
        "{} of {} entries are lost, of calls that were answered at most {} ms before a kill",
        lost.size(),
        calls.made().size(),
        longest.toMillis());
  }

  /** The time from a call's answer to the next kill; negative if the process was already dying. */
  private Duration beforeItsKill(String requestId) {
    var answered = answeredAt(requestId);
    return kills.stream()
        .filter(kill -> !kill.gone.isBefore(answered))
        .findFirst()
        .map(kill -> Duration.between(answered, kill.sent))
        .orElseThrow(() -> new AssertionError(requestId + " is lost, and no kill came after it"));
  }

  /** Repeats a read, a refused call and a change; a call that a kill interrupts is no failure. */
  private void call(Customer customer) {
    var client = customer.client();
    while (calling) {
      try {
        client.get("/jobs");
        client.get("/tenants");
        client.post("/jobs", JOB);
      } catch (UncheckedIOException gone) {
        awaitReady();
      }
    }
  }

  private void awaitCalls(int number) {
    await().until(() -> withStatus(200, 202, 403).size() >= number);
  }

  private Set<String> withStatus(Integer... statuses) {
    var wanted = Set.of(statuses);
    return calls.made().entrySet().stream()
        .filter(call -> wanted.contains(call.getValue().status()))
        .map(Map.Entry::getKey)
        .collect(Collectors.toSet());
  }

  private Instant answeredAt(String requestId) {
    return Optional.of(calls.made().get(requestId)).flatMap(Made::answered).orElseThrow();
  }

  /** The request ids of the submissions that the audit records as allowed. */
  private Set<String> submissions() {
    return entries.items().stream()
        .filter(item -> item.get("action").s().equals("submitJob"))
        .filter(item -> item.get("outcome").s().equals("allowed"))
        .map(item -> item.get("request_id").s())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** The request ids of all stored jobs. */
  private Set<String> jobs() {
    return entries
        .clients()
        .dynamoDb()
        .scanPaginator(s -> s.tableName("outpost-jobs-" + ENV).consistentRead(true))
        .items()
        .stream()
        .map(item -> item.get("request_id").s())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private void awaitReady() {
    var client = Client.of("http://localhost:" + port);
    await().ignoreExceptions().until(() -> client.get("/health/ready").status() == 200);
  }

  private OutpostProcess start(String role, String... more) throws IOException {
    var arguments = new ArrayList<>(List.of(more));
    settings(role).forEach((name, value) -> arguments.add("--" + name + "=" + value));
    var region = aws.settings().get("outpost.aws.region").toString();
    var environment =
        Map.of(
            "AWS_REGION",
            region,
            "OUTPOST_AWS_ACCOUNT_ID",
            "000000000000",
            "OUTPOST_ENV",
            ENV,
            "OUTPOST_OUTPUT_BUCKET",
            "outpost-output-" + ENV,
            "OUTPOST_AUDIT_BUCKET",
            "outpost-audit-" + ENV,
            "OUTPOST_AUDIT_HEAD_BUCKET",
            "outpost-audit-head-" + ENV,
            "OUTPOST_NOTICES_TOPIC_ARN",
            "arn:aws:sns:" + region + ":000000000000:outpost-notices-" + ENV,
            "OUTPOST_BOOTSTRAP_ADMIN_KEY",
            ADMIN);
    var process =
        OutpostProcess.start(Outpost.class, folder, environment, arguments.toArray(String[]::new));
    processes.add(process);
    return process;
  }

  private Map<String, Object> settings(String role) {
    var settings = new HashMap<>(aws.settings());
    settings.put("spring.profiles.active", role);
    settings.put("server.port", role.equals("api") ? port : 0);
    settings.put("outpost.auth.rate-limit-per-minute", 1_000_000);
    settings.put("outpost.audit.spool", folder.resolve(role));
    settings.put("outpost.audit.told-within", "5s");
    settings.put("outpost.audit.sweep-period", 1000);
    settings.put("outpost.audit.archive-period", 1000);
    settings.put("outpost.worker.wait-seconds", 1);
    settings.put("outpost.worker.agents.first-user", 32_000);
    settings.put("outpost.worker.directory", folder.resolve("jobs"));
    return settings;
  }
}
