package io.outpost.agents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doReturn;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.outpost.aws.Names;
import io.outpost.store.Items;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;
import software.amazon.awssdk.services.dynamodb.model.QueryResponse;
import software.amazon.awssdk.services.dynamodb.paginators.QueryIterable;

/**
 * The features of workers are never guessed: a job is refused rather than run without its option.
 */
class OfferedAgentsTest {

  private final DynamoDbClient dynamoDb = mock(DynamoDbClient.class);
  private final AtomicLong ticker = new AtomicLong();
  private final OfferedAgents workers = new OfferedAgents(dynamoDb, mock(Names.class), ticker::get);

  OfferedAgentsTest() {
    when(dynamoDb.queryPaginator(anyQuery()))
        .thenAnswer(call -> new QueryIterable(dynamoDb, QueryRequest.builder().build()));
  }

  @Test
  void theFirstQuestionReadsInsteadOfGuessing() {
    found(worker("NEW"), worker());
    assertThat(workers.allKnow("NEW")).isFalse();
  }

  @Test
  void nothingIsSaidWhileNothingCanBeRead() {
    fails();
    assertThatThrownBy(() -> workers.allKnow("NEW")).isInstanceOf(SdkClientException.class);
    found(worker("NEW"));
    assertThat(workers.allKnow("NEW")).isTrue();
    fails();
    assertThat(workers.allKnow("NEW")).as("read just now").isTrue();
    ticker.addAndGet(Duration.ofSeconds(40).toNanos());
    assertThatThrownBy(() -> workers.allKnow("NEW")).isInstanceOf(SdkClientException.class);
  }

  @Test
  void jobsWaitWhereNoWorkerIs() {
    found();
    assertThat(workers.allKnow("NEW")).isTrue();
  }

  @SafeVarargs
  private void found(Map<String, AttributeValue>... items) {
    answers(QueryResponse.builder().items(List.of(items)).build());
  }

  private void answers(QueryResponse response) {
    doReturn(response).when(dynamoDb).query(any(QueryRequest.class));
  }

  private void fails() {
    doThrow(SdkClientException.create("no answer")).when(dynamoDb).query(any(QueryRequest.class));
  }

  private static Map<String, AttributeValue> worker(String... features) {
    var item = new HashMap<String, AttributeValue>();
    item.put("sk", Items.text("agents#" + Instant.now().getNano() + features.length));
    item.put("agents", AttributeValue.fromSs(List.of("claude")));
    item.put("believed_until", Items.text(Instant.now().plusSeconds(60).toString()));
    if (features.length > 0) {
      item.put("features", AttributeValue.fromSs(List.of(features)));
    }
    return item;
  }

  private static Consumer<QueryRequest.Builder> anyQuery() {
    return any();
  }
}
