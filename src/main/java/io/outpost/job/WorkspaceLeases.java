package io.outpost.job;

import io.outpost.aws.Names;
import io.outpost.kernel.Ids;
import io.outpost.kernel.Json;
import io.outpost.store.Items;
import io.outpost.tenant.Tenant;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.Update;

/**
 * The lease of a workspace: only one run at a time may use it, while the run has its job. The saved
 * files become the workspace in the transaction that ends the job, so a run that lost its lease
 * changes nothing. Thread-safe.
 */
@Component("workspaceLeases")
public class WorkspaceLeases {

  /** The prefix of workspaces' sort keys. */
  public static final String SK = "workspace#";

  private static final String MINE = "holder = :mine";
  private static final String UNAWAITED = " AND attribute_not_exists(waiters)";

  private final DynamoDbClient dynamoDb;
  private final Names names;

  /** The prefix of workspace archives in the output bucket. */
  public static String files(String tenantId, String name) {
    return JobOutput.prefix(tenantId) + "workspaces/" + name + "/";
  }

  WorkspaceLeases(DynamoDbClient dynamoDb, Names names) {
    this.dynamoDb = dynamoDb;
    this.names = names;
  }

  /**
   * Takes the workspace for a run, unless another run has it. The workspace's first run also
   * chooses the name of the directory in which all jobs of the workspace will run.
   */
  Update.Builder take(Job job, JobLease lease, Instant now) {
    return of(job)
        .updateExpression(
            "SET holder = :mine, holder_until = :until, path_id = if_not_exists(path_id, :path)")
        .conditionExpression("attribute_not_exists(holder) OR holder_until < :now")
        .expressionAttributeValues(
            Map.of(
                ":mine", Items.text(lease.id()),
                ":until", Items.text(Json.time(lease.until())),
                ":path", Items.text(Ids.unguessable()),
                ":now", Items.text(Json.time(now))));
  }

  /** Renews the lease. */
  Update.Builder keep(Job job, JobLease lease) {
    return of(job)
        .updateExpression("SET holder_until = :until")
        .conditionExpression(MINE)
        .expressionAttributeValues(
            Map.of(
                ":mine", Items.text(lease.id()), ":until", Items.text(Json.time(lease.until()))));
  }

  /** Releases the workspace unchanged. */
  private Update.Builder release(Job job, JobLease lease, boolean unawaited) {
    return of(job)
        .updateExpression("REMOVE holder, holder_until")
        .conditionExpression(unawaited ? MINE + UNAWAITED : MINE)
        .expressionAttributeValues(Map.of(":mine", Items.text(lease.id())));
  }

  /** Records that a job waits for the workspace, on condition that the workspace is in use. */
  Update.Builder awaitFree(Job job, Instant now, String mark) {
    return new WaiterFlag(names.table("tenants"), job.tenantId(), SK + job.inWorkspace())
        .set(mark)
        .conditionExpression("holder_until >= :now")
        .expressionAttributeValues(
            Map.of(":mark", Items.text(mark), ":now", Items.text(Json.time(now))));
  }

  /** Whether the lease has the workspace. */
  static boolean has(Map<String, AttributeValue> workspace, JobLease lease) {
    return Items.text(lease.id()).equals(workspace.get("holder"));
  }

  /**
   * Releases the workspace, with the run's saved files if there are any.
   *
   * @param unawaited whether to refuse this when jobs wait for the workspace
   */
  Update.Builder release(
      Job job, JobLease lease, @Nullable SavedFiles files, Instant now, boolean unawaited) {
    if (files == null) {
      return release(job, lease, unawaited);
    }
    Map<String, AttributeValue> values =
        Map.of(
            ":mine", Items.text(lease.id()),
            ":name", Items.text(job.inWorkspace()),
            ":archive", Items.text(files.key()),
            ":sha256", Items.text(files.sha256()),
            ":size", Items.number(files.sizeBytes()),
            ":now", Items.text(Json.time(now)),
            ":job", Items.text(job.jobId()));
    return of(job)
        .updateExpression(
            "SET #name = :name, archive_key = :archive, archive_sha256 = :sha256, size_bytes ="
                + " :size, updated_at = :now, job_id = :job REMOVE holder, holder_until")
        .conditionExpression(unawaited ? MINE + UNAWAITED : MINE)
        .expressionAttributeNames(Map.of("#name", "name"))
        .expressionAttributeValues(values);
  }

  /** Releases the workspace of an abandoned run, if the run still has it. */
  public void releaseAlone(Job job, JobLease lease) {
    var release = release(job, lease, false).build();
    try {
      dynamoDb.updateItem(
          u ->
              u.tableName(release.tableName())
                  .key(release.key())
                  .updateExpression(release.updateExpression())
                  .conditionExpression(release.conditionExpression())
                  .expressionAttributeValues(release.expressionAttributeValues()));
    } catch (ConditionalCheckFailedException e) {
      // Another run has the workspace.
    }
  }

  private Update.Builder of(Job job) {
    return Update.builder()
        .tableName(names.table("tenants"))
        .key(Tenant.key(job.tenantId(), SK + job.inWorkspace()));
  }
}
