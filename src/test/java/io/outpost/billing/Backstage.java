package io.outpost.billing;

import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.outpost.aws.Names;
import io.outpost.kernel.Json;
import io.outpost.store.Items;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.springframework.context.ApplicationContext;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/** Billing's state behind the API: tables, the queue {@code stripe}, counters. */
record Backstage(ApplicationContext outpost) {
  private static final List<QueueAttributeName> LEFT =
      List.of(
          QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES,
          QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES_NOT_VISIBLE);

  DynamoDbClient dynamoDb() {
    return outpost.getBean(DynamoDbClient.class);
  }

  String table(String name) {
    return outpost.getBean(Names.class).table(name);
  }

  /** Turns a timer off by taking its lock, so that a test decides when its route runs. */
  void takeTurn(String what) {
    var until = Items.text(Json.time(Instant.now().plus(Duration.ofDays(1))));
    var turn =
        Map.of("tenant_id", Items.text("turns"), "sk", Items.text(what), "taken_until", until);
    dynamoDb().putItem(p -> p.tableName(table("usage")).item(turn));
  }

  /**
   * Sets after what time a failed message is received again, and after how many receives it becomes
   * a dead letter.
   */
  void repeatFailures(Duration after, int times) {
    var policy = QueueAttributeName.REDRIVE_POLICY;
    var old =
        sqs()
            .getQueueAttributes(q -> q.queueUrl(url("stripe")).attributeNames(policy))
            .attributes();
    var changed =
        Map.of(
            QueueAttributeName.VISIBILITY_TIMEOUT,
            String.valueOf(after.toSeconds()),
            policy,
            old.get(policy)
                .replaceFirst("(?<name>\"maxReceiveCount\"\\s*:\\s*\"?)\\d+", "${name}" + times));
    sqs().setQueueAttributes(q -> q.queueUrl(url("stripe")).attributes(changed));
  }

  /** Waits until the queue is empty. */
  void drain() {
    await().pollDelay(Duration.ZERO).until(() -> messages("stripe") == 0);
  }

  /** The number of messages in a queue, including those in flight. */
  int messages(String queue) {
    return sqs()
        .getQueueAttributes(q -> q.queueUrl(url(queue)).attributeNames(LEFT))
        .attributes()
        .values()
        .stream()
        .mapToInt(Integer::parseInt)
        .sum();
  }

  SqsClient sqs() {
    return outpost.getBean(SqsClient.class);
  }

  String url(String queue) {
    var name = outpost.getBean(Names.class).queue(queue);
    return sqs().getQueueUrl(q -> q.queueName(name)).queueUrl();
  }

  /** Whether an event was applied. */
  boolean isApplied(String event) {
    var key = Map.of("event_id", Items.text(event));
    return dynamoDb()
        .getItem(g -> g.tableName(table("events")).key(key))
        .item()
        .containsKey("applied_at");
  }

  /** A tenant's audit entries, oldest first. */
  List<Map<String, AttributeValue>> audited(BillingApi.Client client) {
    return dynamoDb()
        .query(
            q ->
                q.tableName(table("audit"))
                    .keyConditionExpression("tenant_id = :tenant")
                    .expressionAttributeValues(Map.of(":tenant", Items.text(client.tenantId()))))
        .items()
        .stream()
        .filter(item -> item.containsKey("action"))
        .toList();
  }

  /** The number of a tenant's audit entries with an action. */
  long audited(BillingApi.Client client, String action) {
    return audited(client).stream().filter(item -> item.get("action").s().equals(action)).count();
  }

  /** The actions of a tenant's audit entries that have not been sent to the audit queue. */
  List<String> untold(BillingApi.Client client) {
    return audited(client).stream()
        .filter(item -> item.containsKey("open_shard"))
        .map(item -> item.get("action").s())
        .toList();
  }

  /** The value of a counter. */
  double counted(String metric) {
    return outpost.getBean(MeterRegistry.class).find(metric).counters().stream()
        .mapToDouble(Counter::count)
        .sum();
  }
}
