package io.outpost.jobs;

import io.outpost.aws.Names;
import io.outpost.http.Call;
import io.outpost.job.Job;
import io.outpost.job.JobInput;
import io.outpost.job.WorkspaceLeases;
import io.outpost.kernel.Ids;
import io.outpost.kernel.Problem;
import io.outpost.store.Items;
import io.outpost.tenant.Tier;
import java.time.Clock;
import java.util.EnumMap;
import java.util.Map;
import org.apache.camel.ExchangeProperty;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;
import software.amazon.awssdk.services.dynamodb.model.Select;

/**
 * Caps on a tenant's pending jobs, workspaces and uploads. All are counted in the background, so
 * requests need no extra call. Thread-safe.
 */
@Component("submissionCaps")
@EnableConfigurationProperties(SubmissionCaps.Most.class)
public class SubmissionCaps {

  private final DynamoDbClient dynamoDb;
  private final Names names;
  private final Most most;
  private final Map<Tier, TenantGauge> pending = new EnumMap<>(Tier.class);
  private final Map<Tier, TenantGauge> workspaces = new EnumMap<>(Tier.class);
  private final Map<Tier, TenantGauge> inputs = new EnumMap<>(Tier.class);
  private final Clock clock = Clock.systemUTC();

  /**
   * The caps, by the tier of a tenant.
   *
   * @param mostPending the maximum of pending jobs
   * @param mostWorkspaces the maximum of workspaces
   * @param mostInputs the maximum of uploads that have not expired
   */
  @ConfigurationProperties("outpost.jobs")
  record Most(
      Map<Tier, Integer> mostPending,
      Map<Tier, Integer> mostWorkspaces,
      Map<Tier, Integer> mostInputs) {}

  SubmissionCaps(DynamoDbClient dynamoDb, Names names, Most most) {
    this.dynamoDb = dynamoDb;
    this.names = names;
    this.most = most;
    for (var tier : Tier.values()) {
      var jobs = tier.in(most.mostPending());
      var spaces = tier.in(most.mostWorkspaces());
      var uploads = tier.in(most.mostInputs());
      pending.put(tier, new TenantGauge(jobs, id -> countPending(id, jobs)));
      workspaces.put(tier, new TenantGauge(spaces, id -> countWorkspaces(id, spaces)));
      inputs.put(tier, new TenantGauge(uploads, id -> countInputs(id, uploads)));
    }
  }

  /**
   * Refuses a job over the cap on pending jobs or workspaces.
   *
   * @throws Problem 409
   */
  public void check(@ExchangeProperty("job") Job job, @ExchangeProperty(Call.NAME) Call call) {
    var tier = call.principal().tier();
    if (!tier.in(pending).admit(job.tenantId())) {
      throw reached("%d pending jobs: wait until some have run.", most.mostPending(), tier);
    }
    if (job.workspace() != null
        && !tier.in(workspaces).admit(job.tenantId())
        && !isThere(job.tenantId(), job.workspace())) {
      throw reached("%d workspaces: delete one first.", most.mostWorkspaces(), tier);
    }
  }

  /**
   * Refuses an upload over the cap.
   *
   * @throws Problem 409
   */
  public void checkInputs(@ExchangeProperty(Call.NAME) Call call) {
    var tier = call.principal().tier();
    if (!tier.in(inputs).admit(call.principal().tenantId())) {
      throw reached("%d inputs: each expires after 30 days.", most.mostInputs(), tier);
    }
  }

  private static Problem reached(String what, Map<Tier, Integer> most, Tier tier) {
    return new Problem(
        Problem.Code.LIMIT_REACHED,
        "A tenant of the tier %s may have ".formatted(tier.word()) + what.formatted(tier.in(most)));
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

  private int countPending(String tenantId, int most) {
    return count(
        QueryRequest.builder()
            .tableName(names.table("jobs"))
            .indexName("by-status")
            .keyConditionExpression("tenant_id = :tenant AND begins_with(status_job, :prefix)"),
        Map.of(
            ":tenant",
            Items.text(tenantId),
            ":prefix",
            Items.text(Job.statusKey(Job.Status.pending, ""))),
        most);
  }

  private int countWorkspaces(String tenantId, int most) {
    return count(
        QueryRequest.builder()
            .tableName(names.table("tenants"))
            .keyConditionExpression("tenant_id = :tenant AND begins_with(sk, :prefix)"),
        Map.of(":tenant", Items.text(tenantId), ":prefix", Items.text(WorkspaceLeases.SK)),
        most);
  }

  /**
   * Counts the uploads that have not expired. Ids begin with their times, so expired uploads sort
   * before the first id counted.
   */
  private int countInputs(String tenantId, int most) {
    var first = Ids.firstUlidAt(clock.instant().minus(JobInput.KEPT));
    return count(
        QueryRequest.builder()
            .tableName(names.table("tenants"))
            .keyConditionExpression("tenant_id = :tenant AND sk BETWEEN :first AND :last"),
        Map.of(
            ":tenant", Items.text(tenantId),
            ":first", Items.text(JobInput.SK + first),
            ":last", Items.text(JobInput.SK + "~")),
        most);
  }

  /** Counts items, but no more than the cap. */
  private int count(QueryRequest.Builder query, Map<String, AttributeValue> values, int most) {
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
