package io.outpost.jobs;

import io.micrometer.core.instrument.MeterRegistry;
import io.outpost.aws.Names;
import io.outpost.job.Job;
import io.outpost.job.JobItems;
import io.outpost.kernel.Lanes;
import io.outpost.store.Items;
import io.outpost.telemetry.Metric;
import io.outpost.telemetry.Reading;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * Counts the open jobs by reason, and measures how long the oldest has waited. Reads only a limited
 * number of jobs, those that sweepers check next, so the cost does not grow with the number of
 * waiting jobs. Thread-safe.
 */
@Component("openJobMeasures")
public class OpenJobMeasures {

  private static final int MOST_A_SHARD = 100;
  private static final List<String> REASONS =
      List.of(JobItems.QUEUED, "retry", "tenant-limit", "workspace", "tenant-suspended");

  private final DynamoDbClient dynamoDb;
  private final Items items;
  private final Names names;
  private final Map<List<String>, Reading> open = new HashMap<>();
  private final Map<List<String>, Reading> oldest = new HashMap<>();
  private final Reading overdue;
  private final Clock clock;

  OpenJobMeasures(
      DynamoDbClient dynamoDb,
      Items items,
      Names names,
      @Value("${outpost.worker.lanes}") String lanes,
      MeterRegistry meters,
      Clock clock) {
    this.clock = clock;
    this.dynamoDb = dynamoDb;
    this.items = items;
    this.names = names;
    for (var lane : Lanes.of(lanes)) {
      REASONS.forEach(
          reason ->
              oldest.put(List.of(lane, reason), Metric.JOBS_OLDEST.reading(meters, lane, reason)));
      Stream.concat(REASONS.stream(), Stream.of(Job.SCHEDULED, Job.Status.running.name()))
          .forEach(
              state ->
                  open.put(List.of(lane, state), Metric.JOBS_OPEN.reading(meters, lane, state)));
    }
    this.overdue = Metric.JOBS_OVERDUE.reading(meters);
  }

  /**
   * The fields of a job that the measurement needs.
   *
   * @param waitingReason null: the job runs
   * @param startAfter null: at once
   * @param leaseUntil null: no worker runs the job
   */
  record Open(
      String priority,
      Job.Status status,
      @Nullable String waitingReason,
      Instant createdAt,
      @Nullable Instant startAfter,
      @Nullable Instant leaseUntil) {

    /** The priority with the state: running, or the waiting reason. */
    Optional<List<String>> kind() {
      return Optional.ofNullable(status == Job.Status.running ? status.name() : waitingReason)
          .map(state -> List.of(priority, state));
    }

    Instant couldStart() {
      return startAfter == null ? createdAt : startAfter;
    }

    boolean isOverdue(Instant now) {
      return status == Job.Status.running && leaseUntil != null && leaseUntil.isBefore(now);
    }
  }

  /** Measures now. */
  public void measure() {
    var now = clock.instant();
    var counts = new HashMap<List<String>, Integer>();
    var since = new HashMap<List<String>, Instant>();
    var late = 0;
    for (var shard : JobItems.OPEN.shards()) {
      for (var job : next(shard)) {
        var kind = job.kind();
        if (kind.isPresent()) {
          counts.merge(kind.get(), 1, Integer::sum);
          since.merge(kind.get(), job.couldStart(), (a, b) -> a.isBefore(b) ? a : b);
          late += job.isOverdue(now) ? 1 : 0;
        }
      }
    }
    open.forEach((kind, reading) -> reading.set(counts.getOrDefault(kind, 0)));
    oldest.forEach(
        (kind, reading) ->
            reading.set(Duration.between(since.getOrDefault(kind, now), now).toMillis() / 1000.0));
    overdue.set(late);
  }

  private List<Open> next(String shard) {
    Map<String, AttributeValue> values = Map.of(":shard", Items.text(shard));
    return dynamoDb
        .query(
            q ->
                q.tableName(names.table("jobs"))
                    .indexName("open")
                    .keyConditionExpression("open_shard = :shard")
                    .projectionExpression(
                        "priority, #status, waiting_reason, created_at, start_after, lease_until")
                    .expressionAttributeNames(Map.of("#status", "status"))
                    .expressionAttributeValues(values)
                    .limit(MOST_A_SHARD))
        .items()
        .stream()
        .map(item -> items.read(item, Open.class))
        .toList();
  }
}
