package io.outpost.jobs;

import io.outpost.aws.Names;
import io.outpost.job.Job;
import io.outpost.job.JobExpiry;
import io.outpost.job.JobOutput;
import io.outpost.job.WorkspaceLeases;
import io.outpost.kernel.Json;
import io.outpost.kernel.Shards;
import io.outpost.store.Items;
import io.outpost.tenant.Tenant;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.camel.Body;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * Removes expired jobs. Each step can be repeated. The entry in the list of expired jobs is removed
 * last, so that an interrupted removal is resumed. Stateless.
 */
@Component("expiredJobs")
public class ExpiredJobs {

  private static final int MOST_A_SHARD = 500;
  private static final Duration AGAIN_AFTER = Duration.ofDays(1);

  /**
   * The condition that no later job has saved the workspace and that no job uses it or waits for
   * it.
   */
  private static final String UNUSED =
      "job_id = :job AND (attribute_not_exists(holder) OR holder_until < :now)"
          + " AND attribute_not_exists(waiters)";

  private final DynamoDbClient dynamoDb;
  private final S3Client s3;
  private final Items items;
  private final Names names;

  ExpiredJobs(DynamoDbClient dynamoDb, S3Client s3, Items items, Names names) {
    this.dynamoDb = dynamoDb;
    this.s3 = s3;
    this.items = items;
    this.names = names;
  }

  /**
   * An expired job.
   *
   * @param tenantId with {@code sk} the key of the entry
   * @param owner the tenant
   * @param workspace that the job ran in; null: none
   */
  public record Expired(
      String tenantId, String sk, String owner, String endedJob, @Nullable String workspace) {}

  /** The expired jobs of all shards, longest overdue first; a limited number. */
  public List<Expired> due() {
    var now = Json.time(Instant.now());
    var due = new ArrayList<Expired>();
    for (var shard : Shards.all(JobExpiry.ENDED)) {
      Map<String, AttributeValue> values =
          Map.of(":shard", Items.text(shard), ":now", Items.text(now));
      dynamoDb
          .query(
              q ->
                  q.tableName(names.table("usage"))
                      .keyConditionExpression("tenant_id = :shard AND sk < :now")
                      .expressionAttributeValues(values)
                      .limit(MOST_A_SHARD))
          .items()
          .forEach(item -> due.add(items.read(item, Expired.class)));
    }
    return due;
  }

  /** Removes the job's output and artifacts. */
  public void files(@Body Expired job) {
    objects(JobOutput.prefix(job.owner(), job.endedJob())).forEach(this::delete);
  }

  /**
   * Removes the workspace that the job saved, unless a later job has saved it.
   *
   * @return whether the workspace is kept for now, because a job uses it or waits for it
   */
  public boolean workspace(@Body Expired job) {
    var workspace = Objects.requireNonNull(job.workspace(), "The route asks for one");
    // Lists the archives first: a job that begins after the item is removed saves under other keys.
    var archives = objects(WorkspaceLeases.files(job.owner(), workspace));
    try {
      dynamoDb.deleteItem(
          d ->
              d.tableName(names.table("tenants"))
                  .key(Tenant.key(job.owner(), WorkspaceLeases.SK + workspace))
                  .conditionExpression(UNUSED)
                  .expressionAttributeValues(
                      Map.of(
                          ":job", Items.text(job.endedJob()),
                          ":now", Items.text(Json.time(Instant.now()))))
                  .returnValuesOnConditionCheckFailure(
                      ReturnValuesOnConditionCheckFailure.ALL_OLD));
    } catch (ConditionalCheckFailedException e) {
      if (e.hasItem() && !e.item().isEmpty()) {
        return Items.text(job.endedJob()).equals(e.item().get("job_id"));
      }
      // An earlier, interrupted removal has removed the item, but perhaps not the files.
    }
    archives.forEach(this::delete);
    return false;
  }

  /** Tries to remove the job's workspace again a day later. */
  public void again(@Body Expired job) {
    var later = Instant.now().plus(AGAIN_AFTER);
    var note = JobExpiry.note(job.owner(), job.endedJob(), job.workspace(), later);
    dynamoDb.putItem(p -> p.tableName(names.table("usage")).item(note));
  }

  private List<String> objects(String prefix) {
    return s3
        .listObjectsV2Paginator(l -> l.bucket(names.bucket("output")).prefix(prefix))
        .contents()
        .stream()
        .map(S3Object::key)
        .toList();
  }

  private void delete(String key) {
    s3.deleteObject(d -> d.bucket(names.bucket("output")).key(key));
  }

  /** Removes the job and its entry in the list of expired jobs. */
  public void job(@Body Expired job) {
    dynamoDb.deleteItem(
        d -> d.tableName(names.table("jobs")).key(Job.key(job.owner(), job.endedJob())));
    dynamoDb.deleteItem(
        d ->
            d.tableName(names.table("usage"))
                .key(Map.of("tenant_id", Items.text(job.tenantId()), "sk", Items.text(job.sk()))));
  }
}
