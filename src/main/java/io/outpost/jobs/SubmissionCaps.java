package io.outpost.jobs;

import io.outpost.aws.Names;
import io.outpost.job.Job;
import io.outpost.job.WorkspaceLeases;
import io.outpost.kernel.Problem;
import io.outpost.store.Items;
import java.util.Map;
import org.apache.camel.ExchangeProperty;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;
import software.amazon.awssdk.services.dynamodb.model.Select;

/**
 * Caps on the jobs of a tenant that wait, and on its workspaces. A submission asks nobody for them:
 * both are measured beside it. Thread-safe.
 */
@Component("submissionCaps")
public class SubmissionCaps {

  private final DynamoDbClient dynamoDb;
  private final Names names;
  private final int mostPending;
  private final int mostWorkspaces;
  private final TenantGauge pending;
  private final TenantGauge workspaces;

  SubmissionCaps(
      DynamoDbClient dynamoDb,
      Names names,
      @Value("${outpost.jobs.most-pending}") int mostPending,
      @Value("${outpost.jobs.most-workspaces}") int mostWorkspaces) {
    this.dynamoDb = dynamoDb;
    this.names = names;
    this.mostPending = mostPending;
    this.mostWorkspaces = mostWorkspaces;
    this.pending = new TenantGauge(mostPending, this::countPending);
    this.workspaces = new TenantGauge(mostWorkspaces, this::countWorkspaces);
  }

  /**
   * Refuses one job too many, and one that would make one workspace too many.
   *
   * @throws Problem 409
   */
  public void check(@ExchangeProperty("job") Job job) {
    if (!pending.admit(job.tenantId())) {
      throw reached("A tenant may have %d pending jobs: wait until some have run.", mostPending);
    }
    if (job.workspace() != null
        && !workspaces.admit(job.tenantId())
        && !isThere(job.tenantId(), job.workspace())) {
      throw reached("A tenant may have %d workspaces: delete one first.", mostWorkspaces);
    }
  }

  private static Problem reached(String refusal, int most) {
    return new Problem(Problem.Code.LIMIT_REACHED, refusal.formatted(most));
  }

  private boolean isThere(String tenantId, String workspace) {
    return dynamoDb
        .getItem(
            g ->
                g.tableName(names.table("tenants"))
                    .key(
                        Map.of(
                            "tenant_id",
                            Items.text(tenantId),
                            "sk",
                            Items.text(WorkspaceLeases.SK + workspace))))
        .hasItem();
  }

  private int countPending(String tenantId) {
    return count(
        QueryRequest.builder()
            .tableName(names.table("jobs"))
            .indexName("by-status")
            .keyConditionExpression("tenant_id = :tenant AND begins_with(status_job, :prefix)"),
        tenantId,
        Job.statusKey(Job.Status.pending, ""),
        mostPending);
  }

  private int countWorkspaces(String tenantId) {
    return count(
        QueryRequest.builder()
            .tableName(names.table("tenants"))
            .keyConditionExpression("tenant_id = :tenant AND begins_with(sk, :prefix)"),
        tenantId,
        WorkspaceLeases.SK,
        mostWorkspaces);
  }

  /** Counts up to the cap. */
  private int count(QueryRequest.Builder query, String tenantId, String prefix, int most) {
    var values = Map.of(":tenant", Items.text(tenantId), ":prefix", Items.text(prefix));
    Map<String, AttributeValue> start = null;
    var count = 0;
    do {
      var page =
          dynamoDb.query(
              query
                  .expressionAttributeValues(values)
                  .select(Select.COUNT)
                  .exclusiveStartKey(start)
                  .build());
      count += page.count();
      start = page.hasLastEvaluatedKey() ? page.lastEvaluatedKey() : null;
    } while (start != null && count < most);
    return count;
  }
}
