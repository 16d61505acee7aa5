package io.outpost.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.outpost.aws.Names;
import io.outpost.job.Job;
import io.outpost.jobs.OpenJobMeasures.Open;
import io.outpost.local.stripe.SettableClock;
import io.outpost.store.Items;
import io.outpost.telemetry.Metric;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;
import software.amazon.awssdk.services.dynamodb.model.QueryResponse;

/** Measures how long jobs have waited and how many have lost their worker, by a given clock. */
class OpenJobMeasuresTest {

  private static final Instant NOON = Instant.parse("2026-11-30T12:00:00Z");

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final SettableClock clock = new SettableClock(NOON.toString());

  @Test
  void timesAreThoseOfTheClock() {
    var waits = new Open("normal", Job.Status.pending, "tenant-limit", NOON, null, null);
    var runs = new Open("normal", Job.Status.running, null, NOON, null, NOON.plusSeconds(60));
    var measures = measures(waits, runs);
    clock.advance(Duration.ofSeconds(60));
    measures.measure();
    assertThat(oldest()).isEqualTo(60);
    assertThat(overdue()).isZero();
    clock.advance(Duration.ofSeconds(1));
    measures.measure();
    assertThat(oldest()).isEqualTo(61);
    assertThat(overdue()).isOne();
  }

  private double oldest() {
    return meters
        .get(Metric.JOBS_OLDEST.id())
        .tags("lane", "normal", "reason", "tenant-limit")
        .gauge()
        .value();
  }

  private double overdue() {
    return meters.get(Metric.JOBS_OVERDUE.id()).gauge().value();
  }

  /** Both jobs are in the first shard. */
  private OpenJobMeasures measures(Open waits, Open runs) {
    Map<String, AttributeValue> one = Map.of("n", AttributeValue.fromN("1"));
    Map<String, AttributeValue> two = Map.of("n", AttributeValue.fromN("2"));
    var dynamoDb = mock(DynamoDbClient.class);
    when(dynamoDb.query(any(Consumer.class)))
        .thenAnswer(
            call -> {
              var request = QueryRequest.builder();
              call.<Consumer<QueryRequest.Builder>>getArgument(0).accept(request);
              var shard = request.build().expressionAttributeValues().get(":shard").s();
              return QueryResponse.builder()
                  .items(shard.endsWith("0") ? List.of(one, two) : List.of())
                  .build();
            });
    var items = mock(Items.class);
    when(items.read(eq(one), eq(Open.class))).thenReturn(waits);
    when(items.read(eq(two), eq(Open.class))).thenReturn(runs);
    return new OpenJobMeasures(
        dynamoDb, items, mock(Names.class), "high=6,normal=3,low=1", meters, clock);
  }
}
