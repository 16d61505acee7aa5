package io.outpost.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.CALLS_REAL_METHODS;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.outpost.aws.Names;
import io.outpost.job.JobItems;
import io.outpost.job.StoredJob;
import io.outpost.kernel.Shards;
import io.outpost.store.Items;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;
import software.amazon.awssdk.services.dynamodb.model.QueryResponse;

/**
 * Operators get dead letters newest first and at most as many as requested, from all shards
 * together.
 */
class DeadLetterReaderTest {

  private static final int DEAD = 40;

  private final DynamoDbClient dynamoDb = mock(DynamoDbClient.class, CALLS_REAL_METHODS);
  private final JobItems jobs = mock(JobItems.class);
  private final Names names = mock(Names.class);
  private final DeadLetterReader reader = new DeadLetterReader(dynamoDb, jobs, names);

  @Test
  void allMeansTheNewestOfAllShardsUpToTheMaximum() {
    when(names.table("jobs")).thenReturn("jobs");
    when(jobs.read(any())).thenReturn(mock(StoredJob.class));
    doAnswer(query -> shard(query.getArgument(0))).when(dynamoDb).query(any(QueryRequest.class));
    assertThat(reader.all(10))
        .extracting(DeadLetterReader.Letter::position)
        .containsExactlyElementsOf(
            IntStream.range(0, 10)
                .mapToObj(i -> time(DEAD - 1 - i) + "#" + id(DEAD - 1 - i))
                .toList());
  }

  private static QueryResponse shard(QueryRequest query) {
    var shard = query.expressionAttributeValues().get(":shard").s();
    return QueryResponse.builder()
        .items(
            IntStream.range(0, DEAD)
                .map(i -> DEAD - 1 - i)
                .filter(i -> Shards.of(JobItems.DEAD.kind(), id(i)).equals(shard))
                .mapToObj(DeadLetterReaderTest::item)
                .limit(query.limit())
                .toList())
        .build();
  }

  private static Map<String, AttributeValue> item(int number) {
    return Map.of("open_due", Items.text(time(number)), "job_id", Items.text(id(number)));
  }

  private static String time(int number) {
    return "2026-11-21T22:38:00.%03dZ".formatted(number);
  }

  private static String id(int number) {
    return "job-%03d".formatted(number);
  }
}
