package io.outpost.jobs;

import io.outpost.aws.Names;
import io.outpost.job.Job;
import io.outpost.job.JobItems;
import io.outpost.job.StoredJob;
import io.outpost.kernel.Cursor;
import io.outpost.kernel.Page;
import io.outpost.kernel.Shards;
import io.outpost.store.Items;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.apache.camel.Header;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** Reads the dead letters of all tenants, for operators. Stateless. */
@Component("deadLetterReader")
public class DeadLetterReader {

  private final DynamoDbClient dynamoDb;
  private final JobItems jobs;
  private final Names names;

  DeadLetterReader(DynamoDbClient dynamoDb, JobItems jobs, Names names) {
    this.dynamoDb = dynamoDb;
    this.jobs = jobs;
    this.names = names;
  }

  /** A page of dead letters, newest first, merged from all shards. */
  public Page<Job> list(@Header("limit") int limit, @Header("cursor") String cursor) {
    var before = cursor == null ? "~" : Cursor.open(cursor, "dead-letters");
    var found = newest(before, limit + 1);
    var page = found.subList(0, Math.min(limit, found.size()));
    var next = found.size() > limit ? Cursor.to(page.getLast().position(), "dead-letters") : null;
    return new Page<>(page.stream().map(Letter::job).toList(), next);
  }

  /** The dead letters of all tenants, newest first, at most this many. */
  List<Letter> all(int most) {
    return newest("~", most);
  }

  private List<Letter> newest(String before, int most) {
    return Shards.read(JobItems.DEAD.shards(), shard -> read(shard, before, most)).stream()
        .sorted(Comparator.comparing(Letter::position).reversed())
        .limit(most)
        .toList();
  }

  /**
   * A dead letter.
   *
   * @param position its place in the order of all dead letters
   */
  public record Letter(String position, StoredJob stored) {

    /** The job. */
    public Job job() {
      return stored.job();
    }
  }

  /**
   * Reads one shard. The key condition compares only times; the filter also compares ids, for dead
   * letters of the same millisecond.
   */
  private List<Letter> read(String shard, String before, int most) {
    var time = before.split("#", 2)[0];
    Map<String, AttributeValue> values =
        Map.of(":shard", Items.text(shard), ":time", Items.text(time));
    return dynamoDb
        .queryPaginator(
            q ->
                q.tableName(names.table("jobs"))
                    .indexName("open")
                    .keyConditionExpression("open_shard = :shard AND open_due <= :time")
                    .expressionAttributeValues(values)
                    .scanIndexForward(false)
                    .limit(most))
        .items()
        .stream()
        .map(
            item ->
                new Letter(
                    Items.required(item, "open_due").s() + "#" + Items.required(item, "job_id").s(),
                    jobs.read(item)))
        .filter(letter -> letter.position().compareTo(before) < 0)
        .limit(most)
        .toList();
  }
}
