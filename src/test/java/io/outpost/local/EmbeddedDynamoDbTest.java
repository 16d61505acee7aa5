package io.outpost.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.CancellationReason;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;
import software.amazon.awssdk.services.dynamodb.model.TransactionCanceledException;

@Tag("product")
class EmbeddedDynamoDbTest {

  private static final String JOBS = "outpost-jobs-test";
  private static final String EVENTS = "outpost-events-test";

  private static EmbeddedAws aws;
  private static AwsClients clients;
  private static DynamoDbClient db;

  @BeforeAll
  static void start() {
    aws = EmbeddedAws.start(Optional.empty());
    clients = aws.clients();
    new Provisioner(clients, "test").provision();
    db = clients.dynamoDb();
  }

  @AfterAll
  static void stop() {
    clients.close();
    aws.close();
  }

  @Test
  void aSparseIndexHoldsOnlyItemsWithItsKey() {
    Map<String, AttributeValue> open =
        item("tenant_id", "t1", "job_id", "1", "open_shard", "0", "open_due", "2026");
    db.putItem(put -> put.tableName(JOBS).item(open));
    db.putItem(put -> put.tableName(JOBS).item(item("tenant_id", "t1", "job_id", "2")));
    var found =
        db.query(
            query ->
                query
                    .tableName(JOBS)
                    .indexName("open")
                    .keyConditionExpression("open_shard = :shard AND open_due <= :now")
                    .expressionAttributeValues(item(":shard", "0", ":now", "2027")));
    assertThat(found.items()).containsExactly(open);
  }

  @Test
  void aTransactionWithAFailedConditionWritesNothing() {
    Map<String, AttributeValue> known = item("event_id", "known");
    Map<String, AttributeValue> fresh = item("event_id", "fresh");
    db.putItem(put -> put.tableName(EVENTS).item(known));
    assertThatExceptionOfType(TransactionCanceledException.class)
        .isThrownBy(
            () -> db.transactWriteItems(tx -> tx.transactItems(putNew(fresh), putNew(known))))
        .satisfies(
            e ->
                assertThat(e.cancellationReasons())
                    .extracting(CancellationReason::code)
                    .containsExactly("None", "ConditionalCheckFailed"));
    assertThat(db.getItem(get -> get.tableName(EVENTS).key(fresh)).hasItem()).isFalse();
    db.transactWriteItems(tx -> tx.transactItems(putNew(fresh)));
    assertThat(db.getItem(get -> get.tableName(EVENTS).key(fresh)).item()).isEqualTo(fresh);
  }

  private static TransactWriteItem putNew(Map<String, AttributeValue> item) {
    return TransactWriteItem.builder()
        .put(
            put ->
                put.tableName(EVENTS)
                    .item(item)
                    .conditionExpression("attribute_not_exists(event_id)"))
        .build();
  }

  private static Map<String, AttributeValue> item(String... namesAndTexts) {
    Map<String, AttributeValue> item = new HashMap<>();
    for (int i = 0; i < namesAndTexts.length; i += 2) {
      item.put(namesAndTexts[i], AttributeValue.fromS(namesAndTexts[i + 1]));
    }
    return item;
  }
}
