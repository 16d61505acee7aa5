package io.outpost.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.model.GlobalSecondaryIndexDescription;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.TimeToLiveStatus;
import software.amazon.awssdk.services.s3.model.Bucket;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

@Tag("product")
class ProvisionerTest {

  private static EmbeddedAws aws;
  private static AwsClients clients;

  @BeforeAll
  static void provisionTwice() {
    aws = EmbeddedAws.start(Optional.empty());
    clients = aws.clients();
    new Provisioner(clients, "test").provision();
    new Provisioner(clients, "test").provision();
  }

  @AfterAll
  static void stop() {
    clients.close();
    aws.close();
  }

  @Test
  void tablesHaveTheirKeysIndexesAndExpiry() {
    var jobs = clients.dynamoDb().describeTable(t -> t.tableName("outpost-jobs-test")).table();
    assertThat(jobs.keySchema())
        .extracting(KeySchemaElement::attributeName)
        .containsExactly("tenant_id", "job_id");
    assertThat(jobs.globalSecondaryIndexes())
        .extracting(GlobalSecondaryIndexDescription::indexName)
        .containsExactlyInAnyOrder("all", "by-status", "open", "waiting");
    assertThat(jobs.globalSecondaryIndexes())
        .allMatch(
            index ->
                index
                    .projection()
                    .projectionTypeAsString()
                    .equals(index.indexName().equals("all") ? "KEYS_ONLY" : "ALL"));
    var ttl = clients.dynamoDb().describeTimeToLive(t -> t.tableName("outpost-jobs-test"));
    assertThat(ttl.timeToLiveDescription().timeToLiveStatus()).isEqualTo(TimeToLiveStatus.ENABLED);
    assertThat(ttl.timeToLiveDescription().attributeName()).isEqualTo("expires_at");
    assertThat(clients.dynamoDb().listTables().tableNames()).hasSize(7);
  }

  @Test
  void queuesHaveTheirVisibilityAndDeadLetters() {
    Map<QueueAttributeName, String> attributes = attributes("outpost-jobs-high-test");
    assertThat(attributes)
        .containsEntry(QueueAttributeName.VISIBILITY_TIMEOUT, "900")
        .hasEntrySatisfying(
            QueueAttributeName.REDRIVE_POLICY,
            policy ->
                assertThat(policy).contains(":outpost-jobs-dlq-test").contains("maxReceiveCount"));
    assertThat(attributes("outpost-jobs-dlq-test"))
        .containsEntry(QueueAttributeName.VISIBILITY_TIMEOUT, "60")
        .doesNotContainKey(QueueAttributeName.REDRIVE_POLICY);
    assertThat(clients.sqs().listQueues().queueUrls()).hasSize(8);
  }

  @Test
  void bucketsAndTheTopicAreThere() {
    assertThat(clients.s3().listBuckets().buckets())
        .extracting(Bucket::name)
        .containsExactlyInAnyOrderElementsOf(
            List.of("outpost-output-test", "outpost-audit-test", "outpost-audit-head-test"));
    assertThat(clients.sns().listTopics().topics())
        .singleElement()
        .satisfies(topic -> assertThat(topic.topicArn()).endsWith(":outpost-notices-test"));
  }

  private static Map<QueueAttributeName, String> attributes(String queue) {
    String url = clients.sqs().getQueueUrl(q -> q.queueName(queue)).queueUrl();
    return clients
        .sqs()
        .getQueueAttributes(q -> q.queueUrl(url).attributeNames(QueueAttributeName.ALL))
        .attributes();
  }
}
