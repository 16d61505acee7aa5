package io.outpost.local;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import software.amazon.awssdk.services.dynamodb.model.GlobalSecondaryIndexDescription;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;
import software.amazon.awssdk.services.dynamodb.model.TableDescription;
import software.amazon.awssdk.services.dynamodb.model.TimeToLiveStatus;
import software.amazon.awssdk.services.s3.model.Bucket;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;
import software.amazon.awssdk.services.sqs.model.SqsException;

/**
 * Creates what Terraform creates in AWS, if it is missing: tables and queues from the files in
 * {@code schema/}, buckets and the topic. Works on the embedded AWS and on LocalStack.
 *
 * @param env the last part of every name, for example {@code local}
 */
public record Provisioner(AwsClients clients, String env) {

  private static final TypeReference<Map<String, TableDefinition>> TABLES =
      new TypeReference<>() {};
  private static final TypeReference<Map<String, QueueDefinition>> QUEUES =
      new TypeReference<>() {};

  /** Creates everything that is missing. All of it can be used when this returns. */
  public void provision() {
    read("/schema/tables.json", TABLES).forEach(this::table);
    queues(read("/schema/queues.json", QUEUES));
    buckets();
    clients.sns().createTopic(topic -> topic.name(named("notices")));
  }

  /** Creates the queues that a folder with an installation's own routes declares. */
  public void provision(Path routes) {
    var file = routes.resolve("queues.json");
    if (Files.exists(file)) {
      try {
        queues(JsonMapper.builder().build().readValue(file.toFile(), QUEUES));
      } catch (JsonProcessingException | SqsException e) {
        return; // Outpost itself refuses to start with such a folder, and says why.
      } catch (IOException e) {
        throw new UncheckedIOException(file + " cannot be read.", e);
      }
    }
  }

  /** Creates all queues first, because a queue can only name an existing dead-letter queue. */
  private void queues(Map<String, QueueDefinition> queues) {
    queues.forEach(this::queue);
    queues.forEach(this::deadLetters);
  }

  private void table(String name, TableDefinition definition) {
    String table = named(name);
    try {
      checkIndexes(clients.dynamoDb().describeTable(t -> t.tableName(table)).table(), definition);
    } catch (ResourceNotFoundException e) {
      clients.dynamoDb().createTable(definition.creation(table));
      try (var waiter = clients.dynamoDb().waiter()) {
        waiter.waitUntilTableExists(t -> t.tableName(table));
      }
    }
    var expiry = clients.dynamoDb().describeTimeToLive(t -> t.tableName(table));
    if (expiry.timeToLiveDescription().timeToLiveStatus() != TimeToLiveStatus.ENABLED) {
      clients
          .dynamoDb()
          .updateTimeToLive(
              t ->
                  t.tableName(table)
                      .timeToLiveSpecification(
                          ttl -> ttl.enabled(true).attributeName(definition.ttl())));
    }
  }

  /** Refuses a stored table that is older than its definition. */
  private static void checkIndexes(TableDescription table, TableDefinition definition) {
    Set<String> names =
        table.globalSecondaryIndexes().stream()
            .map(GlobalSecondaryIndexDescription::indexName)
            .collect(Collectors.toSet());
    if (!names.equals(definition.indexes().keySet())) {
      throw new IllegalStateException(
          "Table %s has other indexes than schema/tables.json: start with an empty data folder."
              .formatted(table.tableName()));
    }
  }

  private void queue(String name, QueueDefinition definition) {
    String visibility = String.valueOf(definition.visibilitySeconds());
    clients.sqs().createQueue(queue -> queue.queueName(named(name)));
    set(name, QueueAttributeName.VISIBILITY_TIMEOUT, visibility);
  }

  private void deadLetters(String name, QueueDefinition definition) {
    if (definition.deadLetter() != null) {
      String arn =
          clients
              .sqs()
              .getQueueAttributes(
                  queue ->
                      queue
                          .queueUrl(url(definition.deadLetter()))
                          .attributeNames(QueueAttributeName.QUEUE_ARN))
              .attributes()
              .get(QueueAttributeName.QUEUE_ARN);
      set(
          name,
          QueueAttributeName.REDRIVE_POLICY,
          "{\"deadLetterTargetArn\":\"%s\",\"maxReceiveCount\":%d}"
              .formatted(arn, definition.receives()));
    }
  }

  private void set(String queue, QueueAttributeName attribute, String text) {
    clients
        .sqs()
        .setQueueAttributes(q -> q.queueUrl(url(queue)).attributes(Map.of(attribute, text)));
  }

  private String url(String queue) {
    return clients.sqs().getQueueUrl(q -> q.queueName(named(queue))).queueUrl();
  }

  private void buckets() {
    Set<String> there =
        clients.s3().listBuckets().buckets().stream().map(Bucket::name).collect(Collectors.toSet());
    List.of(named("output"), named("audit"), named("audit-head")).stream()
        .filter(bucket -> !there.contains(bucket))
        .forEach(bucket -> clients.s3().createBucket(b -> b.bucket(bucket)));
  }

  private String named(String resource) {
    return "outpost-" + resource + "-" + env;
  }

  private static <T> T read(String resource, TypeReference<T> type) {
    try (InputStream file = Provisioner.class.getResourceAsStream(resource)) {
      return JsonMapper.builder().build().readValue(file, type);
    } catch (IOException e) {
      throw new UncheckedIOException(resource + " cannot be read.", e);
    }
  }
}
