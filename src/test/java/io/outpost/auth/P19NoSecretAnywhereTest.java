package io.outpost.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.read.ListAppender;
import io.micrometer.core.instrument.MeterRegistry;
import io.outpost.auth.SampleRequests.Belongings;
import io.outpost.aws.AwsProbe;
import io.outpost.blackbox.Client;
import io.outpost.blackbox.Client.Answer;
import io.outpost.blackbox.Customer;
import io.outpost.http.Contract;
import io.outpost.http.Operation;
import io.outpost.local.AwsClients;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * No secret is written anywhere. Unique secrets go through every operation, in each place of a
 * request where a client may put them, right or wrong; then everything that Outpost wrote is
 * searched for them.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class P19NoSecretAnywhereTest {

  private static final String ENV = "canary";
  private static final String PROVIDER_KEY = "sk-canary-1f7c9e";
  private static final String IDEMPOTENCY_KEY = "idempotency-canary-8d2b44";
  private static final String NO_KEY = "authorization-canary-77aa01";

  /** A job's command is no secret, but may appear only in the job and in the agent's results. */
  private static final String COMMAND = "command-canary-c40f5d";

  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private final Queue<String> sent = new ConcurrentLinkedQueue<>();
  private final List<Answer> answers = new ArrayList<>();
  private final Set<String> secrets = new HashSet<>(List.of(PROVIDER_KEY, IDEMPOTENCY_KEY, NO_KEY));
  private final AwsClients clients;
  private final LocalOutpost outpost;
  private final Client admin;

  P19NoSecretAnywhereTest(EmbeddedAws aws) {
    clients = aws.clients();
    outpost =
        LocalOutpost.on(
            aws.endpoints(),
            "local",
            Map.of(
                "server.port",
                0,
                "outpost.env",
                ENV,
                "outpost.probe",
                true,
                "outpost.agents.demo",
                "always",
                "outpost.auth.rate-limit-per-minute",
                100_000));
    admin = Client.of(outpost.address()).with(outpost.adminKey());
    secrets.add(outpost.adminKey());
    var settings = outpost.context().getEnvironment();
    secrets.add(settings.getRequiredProperty("outpost.stripe.secret-key"));
    secrets.add(settings.getRequiredProperty("outpost.stripe.webhook-secrets"));
  }

  @BeforeEach
  void listen() {
    root().addAppender(log);
    logger("io.outpost").setLevel(Level.TRACE);
    log.start();
    outpost
        .context()
        .getBean(AwsProbe.class)
        .beforeEach(call -> sent.add(call.service() + call.operation() + call.request()));
  }

  @AfterEach
  void stop() {
    root().detachAppender(log);
    logger("io.outpost").setLevel(null);
    outpost.close();
    clients.close();
  }

  @Test
  void secretsOfEveryOperationAreNowhere() throws IOException {
    var reader = Belongings.of(admin, Customer.of(admin, "enterprise"));
    for (var operation : outpost.context().getBean(Contract.class).operations()) {
      // Operations that only read share one owner.
      var owner =
          operation.method().equals("GET")
              ? reader
              : Belongings.of(admin, Customer.of(admin, "enterprise"), operation);
      secrets.add(owner.customer().client().key());
      everyWay(operation, owner);
    }
    var job = Customer.of(admin, "enterprise");
    secrets.add(job.client().key());
    admin.put(job.path("/secrets/ANTHROPIC_API_KEY"), value(PROVIDER_KEY));
    admin.put(job.path("/secrets/ANTHROPIC_API_KEY"), value(PROVIDER_KEY + "-replaced"));
    job.client().ended(job.client().submit("claude", COMMAND));
    untilTheAuditIsArchived(job.tenantId());

    var lines = log.list.stream().map(P19NoSecretAnywhereTest::text).toList();
    assertClean("a log line", lines);
    assertClean("a call of AWS", sent);
    assertClean("an answer", answers.stream().map(P19NoSecretAnywhereTest::text).toList());
    assertClean("a table", items(""));
    assertClean("an object", objects());
    assertClean("a metric", metrics());
    assertThat(List.of(sent, items(""), objects()))
        .as("what is searched is what was written")
        .allSatisfy(all -> assertThat(all).anyMatch(text -> text.contains(job.tenantId())));
    assertThat(sent).anyMatch(call -> call.startsWith("Sqs") && call.contains(job.tenantId()));
    assertThat(items("jobs")).anyMatch(text -> text.contains(COMMAND));
    assertThat(Stream.of(lines, messages(), items("audit"), items("tenants"), metrics()))
        .allSatisfy(all -> assertThat(all).noneMatch(text -> text.contains(COMMAND)));
  }

  /** Sends an operation's valid request, and requests with secrets where they do not belong. */
  private void everyWay(Operation operation, Belongings owner) {
    var path = owner.fill(operation.path());
    var key = owner.customer().client().key();
    var wrongBody = "{\"value\":[\"%s\"],\"name\":{\"a\":\"%s\"}}".formatted(PROVIDER_KEY, key);
    var understood = new ArrayList<Integer>();
    var once = IDEMPOTENCY_KEY + operation.id();
    for (var caller : List.of(owner.customer().client(), admin)) {
      var sample =
          await()
              .pollDelay(Duration.ZERO)
              .until(
                  () -> SampleRequests.send(operation, caller, owner, "Idempotency-Key", once),
                  answer -> answer.status() != 503);
      understood.add(sample.status());
      add(sample);
      add(caller.json(operation.method(), path, wrongBody, "Idempotency-Key", once));
      add(caller.json(operation.method(), path + "?" + key + "=1&limit=" + key, null));
      add(caller.json(operation.method(), path + "/" + key, null, "User-Agent", "curl " + key));
      add(caller.json(operation.method(), path, null, "X-Request-Id", key));
    }
    assertThat(understood)
        .as(operation.id())
        .containsAnyOf(
            200, 201, 202, 204, 302, 404, operation.open() ? 400 : 200, refusal(operation));
    var nobody = admin.with(NO_KEY);
    add(nobody.json(operation.method(), path, null, "X-API-Key", NO_KEY, "Cookie", NO_KEY));
    add(
        admin
            .with(null)
            .send(
                operation.method(),
                path,
                Map.of("Authorization", "Basic " + NO_KEY),
                BodyPublishers.noBody()));
  }

  /** The status 409 where an operation only refuses a job that has not ended; otherwise 200. */
  private static int refusal(Operation operation) {
    return Set.of("continueJob", "getJobReceipt").contains(operation.id()) ? 409 : 200;
  }

  /** Records an answer. A key in it becomes a secret, and no other answer may contain that key. */
  private void add(Answer answer) {
    var shown = answer.body().startsWith("{") ? answer.text("key") : "";
    if (shown.startsWith("op_")) {
      secrets.add(shown);
    } else {
      answers.add(answer);
    }
  }

  private void untilTheAuditIsArchived(String tenantId) {
    await()
        .until(
            () ->
                listed("outpost-audit-" + ENV).stream()
                    .anyMatch(object -> object.key().contains(tenantId)));
  }

  private void assertClean(String where, Collection<String> texts) {
    assertThat(texts).as(where).isNotEmpty();
    for (var secret : secrets) {
      assertThat(texts).as(where).noneMatch(text -> text.contains(secret));
    }
  }

  /** The items of the tables whose name begins with {@code name}; of all tables if it is empty. */
  private List<String> items(String name) {
    return clients.dynamoDb().listTablesPaginator().tableNames().stream()
        .filter(table -> table.startsWith("outpost-" + name) && table.endsWith("-" + ENV))
        .flatMap(t -> clients.dynamoDb().scanPaginator(s -> s.tableName(t)).items().stream())
        .map(item -> item + " " + bytes(item))
        .toList();
  }

  private static String bytes(Map<String, AttributeValue> item) {
    return item.values().stream()
        .filter(value -> value.b() != null)
        .map(value -> new String(value.b().asByteArray(), StandardCharsets.ISO_8859_1))
        .collect(Collectors.joining(" "));
  }

  private List<String> messages() {
    return sent.stream().filter(call -> call.startsWith("Sqs")).toList();
  }

  private List<String> objects() throws IOException {
    var texts = new ArrayList<String>();
    for (var bucket : clients.s3().listBuckets().buckets()) {
      if (bucket.name().endsWith("-" + ENV)) {
        for (var object : listed(bucket.name())) {
          texts.add(object.key() + " " + content(bucket.name(), object));
        }
      }
    }
    return texts;
  }

  private List<S3Object> listed(String bucket) {
    return clients.s3().listObjectsV2Paginator(l -> l.bucket(bucket)).contents().stream().toList();
  }

  private String content(String bucket, S3Object object) throws IOException {
    var bytes =
        clients.s3().getObjectAsBytes(g -> g.bucket(bucket).key(object.key())).asByteArray();
    if (bytes.length > 2 && bytes[0] == 0x1f && (bytes[1] & 0xff) == 0x8b) {
      bytes = new GZIPInputStream(new ByteArrayInputStream(bytes)).readAllBytes();
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private List<String> metrics() {
    return outpost.context().getBean(MeterRegistry.class).getMeters().stream()
        .map(meter -> meter.getId() + " " + meter.getId().getTags())
        .toList();
  }

  private static String text(ILoggingEvent event) {
    var thrown = event.getThrowableProxy();
    return event.getFormattedMessage()
        + event.getMDCPropertyMap()
        + event.getKeyValuePairs()
        + (thrown == null ? "" : ThrowableProxyUtil.asString(thrown));
  }

  private static String text(Answer answer) {
    return answer.headers().map() + " " + answer.body();
  }

  private static String value(String secret) {
    return "{\"value\":\"%s\"}".formatted(secret);
  }

  private static Logger root() {
    return logger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  }

  private static Logger logger(String name) {
    return (Logger) LoggerFactory.getLogger(name);
  }
}
