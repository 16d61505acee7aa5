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
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.camel.Body;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.ReturnValue;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * Jobs whose time is over. Each step may be repeated; the note that tells of a job goes last, so
 * that an interrupted removal is taken up again. Stateless.
 */
@Component("expiredJobs")
public class ExpiredJobs {

  private static final int MOST_A_SHARD = 500;

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
   * A job whose time is over.
   *
   * @param tenantId with {@code sk} the key of the note
   * @param owner the tenant
   * @param workspace that it ran in; null: none
   */
  public record Expired(
      String tenantId, String sk, String owner, String endedJob, @Nullable String workspace) {}

  /** Those of all shards, the longest overdue first; a bounded number. */
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

  /** Removes its output and artifacts. */
  public void files(@Body Expired job) {
    var bucket = names.bucket("output");
    var prefix = JobOutput.prefix(job.owner(), job.endedJob());
    s3.listObjectsV2Paginator(l -> l.bucket(bucket).prefix(prefix))
        .contents()
        .forEach(object -> s3.deleteObject(d -> d.bucket(bucket).key(object.key())));
  }

  /** Removes the workspace that it saved, unless a later job has saved or has it. */
  public void workspace(@Body Expired job) {
    try {
      var was =
          dynamoDb.deleteItem(
              d ->
                  d.tableName(names.table("tenants"))
                      .key(Tenant.key(job.owner(), WorkspaceLeases.SK + job.workspace()))
                      .conditionExpression("job_id = :job AND attribute_not_exists(holder)")
                      .expressionAttributeValues(Map.of(":job", Items.text(job.endedJob())))
                      .returnValues(ReturnValue.ALL_OLD));
      var archive = Items.required(was.attributes(), "archive_key").s();
      s3.deleteObject(d -> d.bucket(names.bucket("output")).key(archive));
    } catch (ConditionalCheckFailedException e) {
      // It is another job's by now, or deleted.
    }
  }

  /** Removes the job, and the note that told of it. */
  public void job(@Body Expired job) {
    dynamoDb.deleteItem(
        d -> d.tableName(names.table("jobs")).key(Job.key(job.owner(), job.endedJob())));
    dynamoDb.deleteItem(
        d ->
            d.tableName(names.table("usage"))
                .key(Map.of("tenant_id", Items.text(job.tenantId()), "sk", Items.text(job.sk()))));
  }
}
