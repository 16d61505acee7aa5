package io.outpost.jobs;

import io.outpost.aws.Names;
import io.outpost.http.Call;
import io.outpost.job.Job;
import io.outpost.kernel.Page;
import io.outpost.kernel.Problem;
import io.outpost.store.Items;
import io.outpost.store.Pages;
import io.outpost.tenant.Principal;
import java.util.HashMap;
import java.util.Map;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Header;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;

/** Reads jobs of the caller's tenant, and of no other. Stateless. */
@Component("jobReader")
public class JobReader {

  private final DynamoDbClient dynamoDb;
  private final Pages pages;
  private final Items items;
  private final Names names;

  JobReader(DynamoDbClient dynamoDb, Pages pages, Items items, Names names) {
    this.dynamoDb = dynamoDb;
    this.pages = pages;
    this.items = items;
    this.names = names;
  }

  /** A job as it is now. */
  public Job read(@Header("job_id") String jobId, @ExchangeProperty(Call.NAME) Call call) {
    return items.read(item(jobId, call), Job.class);
  }

  Map<String, AttributeValue> item(String jobId, Call call) {
    var found =
        dynamoDb.getItem(
            g ->
                g.tableName(names.table("jobs"))
                    .key(Job.key(call.principal().tenantId(), jobId))
                    .consistentRead(true));
    if (!found.hasItem()) {
      throw Problem.notFound("job");
    }
    return found.item();
  }

  /** A page of jobs, newest first, of a status and an agent when given; test jobs apart. */
  public Page<Job> list(
      @Header("status") String status,
      @Header("agent") String agent,
      @Header("mode") String mode,
      @Header("limit") int limit,
      @Header("cursor") String cursor,
      @ExchangeProperty(Call.NAME) Call call) {
    var tenantId = call.principal().tenantId();
    var shown = mode == null ? Principal.LIVE : mode;
    var scope =
        String.join(" ", tenantId, "jobs", String.valueOf(status), String.valueOf(agent), shown);
    return pages.read(
        q -> select(q, tenantId, status, agent, shown), scope, limit, cursor, Job.class);
  }

  private void select(
      QueryRequest.Builder query, String tenantId, String status, String agent, String mode) {
    var values = new HashMap<String, AttributeValue>();
    values.put(":tenant", Items.text(tenantId));
    var condition = "tenant_id = :tenant";
    if (status != null) {
      query.indexName("by-status");
      condition += " AND begins_with(status_job, :status)";
      values.put(":status", Items.text(status + "#"));
    }
    // Jobs that are older than modes are live.
    var filter = mode.equals(Principal.TEST) ? "#mode = :test" : "#mode <> :test";
    var aliases = new HashMap<>(Map.of("#mode", "mode"));
    values.put(":test", Items.text(Principal.TEST));
    if (agent != null) {
      filter += " AND #agent = :agent";
      aliases.put("#agent", "agent");
      values.put(":agent", Items.text(agent));
    }
    query
        .filterExpression(filter)
        .expressionAttributeNames(aliases)
        .tableName(names.table("jobs"))
        .keyConditionExpression(condition)
        .expressionAttributeValues(values);
  }
}
