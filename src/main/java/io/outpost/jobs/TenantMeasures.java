package io.outpost.jobs;

import io.outpost.aws.Names;
import io.outpost.job.Job;
import io.outpost.store.Items;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;
import software.amazon.awssdk.services.dynamodb.model.Select;

/** Counts a tenant's open jobs, and averages the durations of its last jobs. Stateless. */
@Component
class TenantMeasures {

  /** The maximum number of open jobs that are counted. With more, the wait is long anyway. */
  static final int MOST_OPEN = 1000;

  /** How many ended jobs the average is taken from. */
  private static final int LAST = 10;

  private final DynamoDbClient dynamoDb;
  private final Names names;

  TenantMeasures(DynamoDbClient dynamoDb, Names names) {
    this.dynamoDb = dynamoDb;
    this.names = names;
  }

  /**
   * A measurement.
   *
   * @param open the number of pending and running jobs
   * @param each the average duration of the tenant's last successful jobs; null: none has ended
   */
  record Measure(int open, @Nullable Duration each) {}

  /** Measures a tenant. */
  Measure measure(String tenantId) {
    // Pending and running sort next to each other, so one query finds both.
    var open =
        dynamoDb.query(
            byStatus(tenantId, Job.Status.pending + "#", Job.Status.running + "#~")
                .select(Select.COUNT)
                .limit(MOST_OPEN)
                .build());
    var ended =
        dynamoDb.query(
            byStatus(tenantId, Job.Status.succeeded + "#", Job.Status.succeeded + "#~")
                .scanIndexForward(false)
                .limit(LAST)
                .build());
    var each =
        ended.items().stream()
            .filter(item -> item.containsKey("started_at") && item.containsKey("completed_at"))
            .mapToLong(
                item ->
                    Duration.between(at(item, "started_at"), at(item, "completed_at")).toMillis())
            .average();
    return new Measure(open.count(), duration(each));
  }

  private static @Nullable Duration duration(OptionalDouble millis) {
    return millis.isEmpty() ? null : Duration.ofMillis((long) millis.getAsDouble());
  }

  private static Instant at(Map<String, AttributeValue> item, String name) {
    return Instant.parse(Items.required(item, name).s());
  }

  private QueryRequest.Builder byStatus(String tenantId, String from, String to) {
    return QueryRequest.builder()
        .tableName(names.table("jobs"))
        .indexName("by-status")
        .keyConditionExpression("tenant_id = :tenant AND status_job BETWEEN :from AND :to")
        .expressionAttributeValues(
            Map.of(
                ":tenant", Items.text(tenantId), ":from", Items.text(from), ":to", Items.text(to)));
  }
}
