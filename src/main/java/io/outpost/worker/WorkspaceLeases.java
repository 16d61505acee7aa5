package io.outpost.worker;

import io.outpost.aws.Names;
import io.outpost.kernel.Json;
import io.outpost.store.Items;
import io.outpost.workspaces.Workspace;
import java.time.Instant;
import java.util.Map;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.Update;

/**
 * Who may write a workspace: one run at a time, as long as it holds its job. What it has saved
 * becomes the workspace in the transaction that ends the job, so that a run that lost its lease
 * changes nothing. Thread-safe.
 */
@Profile({"worker", "local"})
@Component("workspaceLeases")
public class WorkspaceLeases {

  private static final String MINE = "holder = :mine";

  private final DynamoDbClient dynamoDb;
  private final Names names;

  WorkspaceLeases(DynamoDbClient dynamoDb, Names names) {
    this.dynamoDb = dynamoDb;
    this.names = names;
  }

  /** Takes the workspace of a run's job, unless another run has it. */
  Update.Builder take(Run run, Instant now, Instant until) {
    return of(run)
        .updateExpression("SET holder = :mine, holder_until = :until")
        .conditionExpression("attribute_not_exists(holder) OR holder_until < :now")
        .expressionAttributeValues(
            Map.of(
                ":mine", Items.text(run.leaseId()),
                ":until", Items.text(Json.time(until)),
                ":now", Items.text(Json.time(now))));
  }

  /** Keeps it. */
  Update.Builder keep(Run run, Instant until) {
    return of(run)
        .updateExpression("SET holder_until = :until")
        .conditionExpression(MINE)
        .expressionAttributeValues(
            Map.of(":mine", Items.text(run.leaseId()), ":until", Items.text(Json.time(until))));
  }

  /** Gives it back as it was. */
  Update.Builder release(Run run) {
    return of(run)
        .updateExpression("REMOVE holder, holder_until")
        .conditionExpression(MINE)
        .expressionAttributeValues(Map.of(":mine", Items.text(run.leaseId())));
  }

  /** Gives it back with the files that the run has saved, if it has. */
  Update.Builder publish(Run run, Instant now) {
    if (run.saved() == null) {
      return release(run);
    }
    Map<String, AttributeValue> values =
        Map.of(
            ":mine", Items.text(run.leaseId()),
            ":name", Items.text(run.job().workspace()),
            ":archive", Items.text(run.saved().key()),
            ":sha256", Items.text(run.saved().sha256()),
            ":size", Items.number(run.saved().sizeBytes()),
            ":now", Items.text(Json.time(now)),
            ":job", Items.text(run.job().jobId()));
    return of(run)
        .updateExpression(
            "SET #name = :name, archive_key = :archive, archive_sha256 = :sha256, size_bytes = :size, updated_at = :now,"
                + " job_id = :job REMOVE holder, holder_until")
        .conditionExpression(MINE)
        .expressionAttributeNames(Map.of("#name", "name"))
        .expressionAttributeValues(values);
  }

  /** Gives it back when the run still has it; for runs that finish nothing. */
  void releaseAlone(Run run) {
    var release = release(run).build();
    try {
      dynamoDb.updateItem(
          u ->
              u.tableName(release.tableName())
                  .key(release.key())
                  .updateExpression(release.updateExpression())
                  .conditionExpression(release.conditionExpression())
                  .expressionAttributeValues(release.expressionAttributeValues()));
    } catch (ConditionalCheckFailedException e) {
      // Another run has it by now.
    }
  }

  private Update.Builder of(Run run) {
    return Update.builder()
        .tableName(names.table("tenants"))
        .key(Workspace.key(run.job().tenantId(), run.job().workspace()));
  }
}
