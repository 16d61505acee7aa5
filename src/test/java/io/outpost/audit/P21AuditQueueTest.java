package io.outpost.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.outpost.aws.Names;
import io.outpost.kernel.Ids;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import io.outpost.tenant.Tier;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/**
 * Repeated and unreadable messages and partly accepted batches neither lose nor duplicate an entry.
 * A worker runs on embedded AWS, where the table accepts half of each batch.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class P21AuditQueueTest {

  private static final String ENV = "auditqueue";

  @TempDir private static Path spool;
  private static Entries entries;
  private static LocalOutpost worker;

  @BeforeAll
  static void start(EmbeddedAws aws) {
    entries = Entries.of(aws, ENV);
    worker =
        LocalOutpost.on(
            aws.endpoints(),
            "worker",
            Map.of(
                "server.port",
                0,
                "outpost.env",
                ENV,
                "outpost.test.half-table",
                true,
                "outpost.agents.demo",
                "always",
                "outpost.worker.wait-seconds",
                1,
                "outpost.audit.spool",
                spool.toString(),
                "outpost.audit.retention.free",
                "P7D",
                "outpost.audit.retention.enterprise",
                "P365D",
                "outpost.audit.archive-period",
                500));
  }

  @AfterAll
  static void stop() {
    worker.close();
    entries.close();
  }

  @Test
  void aMessageThatComesAgainIsWrittenOnce() throws JsonProcessingException {
    var tenantId = Ids.uuid();
    var some = some(tenantId, 3);
    for (int i = 0; i < 3; i++) {
      send(json(some));
    }
    var more = some(tenantId, 1);
    send(json(List.of(some.getFirst(), more.getFirst(), more.getFirst())));
    await().until(() -> archived(tenantId).containsAll(ids(more)));
    await().until(() -> queued("audit") == 0);
    assertThat(archived(tenantId)).containsAll(ids(some));
    assertThat(inTable(tenantId))
        .containsExactlyInAnyOrder(
            some.get(0).entryId(),
            some.get(1).entryId(),
            some.get(2).entryId(),
            more.getFirst().entryId());
  }

  @Test
  void whatTheTableDoesNotTakeAtOnceIsWrittenAfterwards() throws JsonProcessingException {
    var tenantId = Ids.uuid();
    var many = some(tenantId, 60);
    send(json(many));
    await().until(() -> inTable(tenantId).size() == 60);
    assertThat(inTable(tenantId)).containsExactlyInAnyOrderElementsOf(ids(many));
    assertThat(worker.context().getBean(HalfTable.class).left()).contains(12, 6, 3, 1);
  }

  @Test
  void oneThatCannotBeReadIsPutAsideAndDelaysNoOther() throws JsonProcessingException {
    set(QueueAttributeName.VISIBILITY_TIMEOUT, "5");
    set(QueueAttributeName.REDRIVE_POLICY, policy(2));
    var tenantId = Ids.uuid();
    var good = some(tenantId, 2);
    var poison =
        List.of(
            "nonsense",
            "{\"entry_id\":\"1\"}",
            "[null]",
            "[{}]",
            json(some(tenantId, 1)).replaceAll("\"tenant_id\":\"[^\"]+\",", ""),
            json(some(tenantId, 1)).replaceAll("\"entry_id\":\"[^\"]+\",", ""),
            json(some(tenantId, 1)).replace(tenantId, "../../" + tenantId));
    poison.forEach(P21AuditQueueTest::send);
    send(json(good));
    await().until(() -> archived(tenantId).equals(ids(good)));
    assertThat(inTable(tenantId)).containsExactlyInAnyOrderElementsOf(ids(good));
    await().until(() -> queued("audit-dlq") == poison.size());
    assertThat(archived(tenantId)).isEqualTo(ids(good));
  }

  @Test
  void anEntryStaysAsLongAsItsTenantsTierSaysWhenItIsWritten() throws JsonProcessingException {
    var days = Map.of("free", 7, "pro", 90, "enterprise", 365);
    for (var tier : days.keySet()) {
      var tenantId = tenant(Ids.uuid(), tier);
      send(json(some(tenantId, 1)));
      await().until(() -> inTable(tenantId).size() == 1);
      assertThat(kept(tenantId)).as(tier).containsExactly(Duration.ofDays(days.get(tier)));
    }
    var nobody = Ids.uuid();
    send(json(some(nobody, 1)));
    await().until(() -> inTable(nobody).size() == 1);
    assertThat(kept(nobody)).containsExactly(Duration.ofDays(7));
  }

  @Test
  void anotherTierIsSeenAfterFiveMinutes() {
    var now = new AtomicLong();
    var context = worker.context();
    var tiers =
        new TenantTiers(
            context.getBean(DynamoDbClient.class), context.getBean(Names.class), now::get);
    var tenantId = tenant(Ids.uuid(), "free");
    assertThat(tiers.of(tenantId)).isEqualTo(Tier.FREE);
    tenant(tenantId, "enterprise");
    assertThat(tiers.of(tenantId)).isEqualTo(Tier.FREE);
    now.addAndGet(TenantTiers.FRESH.toNanos());
    assertThat(tiers.of(tenantId)).isEqualTo(Tier.ENTERPRISE);
  }

  /** Creates a tenant with a tier, or changes its tier. */
  private static String tenant(String tenantId, String tier) {
    var item =
        Map.of(
            "tenant_id", AttributeValue.fromS(tenantId),
            "sk", AttributeValue.fromS("tenant"),
            "tier", AttributeValue.fromS(tier));
    entries.clients().dynamoDb().putItem(p -> p.tableName("outpost-tenants-" + ENV).item(item));
    return tenantId;
  }

  /** How long each entry of a tenant is kept, counted from its timestamp. */
  private static List<Duration> kept(String tenantId) {
    return entries.items().stream()
        .filter(item -> item.get("tenant_id").s().equals(tenantId))
        .map(
            item ->
                Duration.between(
                    Instant.parse(item.get("timestamp").s()).truncatedTo(ChronoUnit.SECONDS),
                    Instant.ofEpochSecond(Long.parseLong(item.get("expires_at").n()))))
        .toList();
  }

  private static List<AuditEntry> some(String tenantId, int number) {
    var now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    return IntStream.range(0, number)
        .mapToObj(i -> SampleChain.entry(tenantId, now.plusMillis(i)))
        .toList();
  }

  private static String json(List<AuditEntry> some) throws JsonProcessingException {
    return SampleChain.MAPPER.writeValueAsString(some);
  }

  private static List<String> ids(List<AuditEntry> some) {
    return some.stream().map(AuditEntry::entryId).toList();
  }

  private static List<String> archived(String tenantId) {
    return ids(entries.archived(tenantId));
  }

  private static List<String> inTable(String tenantId) {
    return entries.items().stream()
        .filter(item -> item.get("tenant_id").s().equals(tenantId))
        .map(item -> item.get("entry_id").s())
        .toList();
  }

  private static void send(String body) {
    entries.clients().sqs().sendMessage(m -> m.queueUrl(url("audit")).messageBody(body));
  }

  private static void set(QueueAttributeName name, String value) {
    entries
        .clients()
        .sqs()
        .setQueueAttributes(q -> q.queueUrl(url("audit")).attributes(Map.of(name, value)));
  }

  private static String policy(int receives) {
    var arn = attributes("audit-dlq").get(QueueAttributeName.QUEUE_ARN);
    return "{\"deadLetterTargetArn\":\"%s\",\"maxReceiveCount\":%d}".formatted(arn, receives);
  }

  /** The number of messages in a queue, including received ones. */
  private static int queued(String queue) {
    var found = new HashMap<>(attributes(queue));
    return Integer.parseInt(found.get(QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES))
        + Integer.parseInt(
            found.get(QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES_NOT_VISIBLE));
  }

  private static Map<QueueAttributeName, String> attributes(String queue) {
    return entries
        .clients()
        .sqs()
        .getQueueAttributes(q -> q.queueUrl(url(queue)).attributeNames(QueueAttributeName.ALL))
        .attributes();
  }

  private static String url(String queue) {
    return entries
        .clients()
        .sqs()
        .getQueueUrl(q -> q.queueName("outpost-" + queue + "-" + ENV))
        .queueUrl();
  }
}
