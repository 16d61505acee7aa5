package io.outpost.jobs;

import io.outpost.platform.Cursor;
import io.outpost.platform.Job;
import io.outpost.platform.Page;
import io.outpost.platform.Problem;
import io.outpost.platform.aws.Items;
import io.outpost.platform.aws.Names;
import io.outpost.platform.http.Call;
import java.util.ArrayList;
import java.util.HashMap;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Header;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;

/** Reads jobs of the caller's tenant, and of no other. Stateless. */
@Component("jobReader")
public class JobReader {

  /**
   * Items that one request may read past while it looks for an agent; a short page with a cursor
   * follows.
   */
  private static final int MOST_READ = 1000;

  private final DynamoDbClient dynamoDb;
  private final Items items;
  private final Names names;

  JobReader(DynamoDbClient dynamoDb, Items items, Names names) {
    this.dynamoDb = dynamoDb;
    this.items = items;
    this.names = names;
  }

  /** A job as it is now. */
  public Job read(@Header("job_id") String jobId, @ExchangeProperty(Call.NAME) Call call) {
    var found =
        dynamoDb.getItem(
            g ->
                g.tableName(names.table("jobs"))
                    .key(Job.key(call.principal().tenantId(), jobId))
                    .consistentRead(true));
    if (!found.hasItem()) {
      throw Problem.notFound("job");
    }
    return items.read(found.item(), Job.class);
  }

  /** A page of jobs, newest first, of a status and an agent when given. */
  public Page<Job> list(
      @Header("status") String status,
      @Header("agent") String agent,
      @Header("limit") int limit,
      @Header("cursor") String cursor,
      @ExchangeProperty(Call.NAME) Call call) {
    var tenantId = call.principal().tenantId();
    var scope = String.join(" ", tenantId, "jobs", String.valueOf(status), String.valueOf(agent));
    var start = cursor == null ? null : Cursor.open(cursor, scope);
    var found = new ArrayList<Job>();
    var read = 0;
    do {
      var page = dynamoDb.query(query(tenantId, status, agent, limit - found.size(), start));
      page.items().forEach(item -> found.add(items.read(item, Job.class)));
      read += page.scannedCount();
      start = page.hasLastEvaluatedKey() ? page.lastEvaluatedKey().get("job_id").s() : null;
    } while (start != null && found.size() < limit && read < MOST_READ);
    return new Page<>(found, start == null ? null : Cursor.to(start, scope));
  }

  private QueryRequest query(
      String tenantId, String status, String agent, int limit, String after) {
    var names = new HashMap<String, String>();
    var values = new HashMap<String, AttributeValue>();
    values.put(":tenant", Items.text(tenantId));
    var query =
        QueryRequest.builder()
            .tableName(this.names.table("jobs"))
            .scanIndexForward(false)
            .limit(limit);
    var condition = "tenant_id = :tenant";
    if (status != null) {
      query.indexName("by-status");
      condition += " AND begins_with(status_job, :status)";
      values.put(":status", Items.text(status + "#"));
    }
    if (agent != null) {
      query.filterExpression("#agent = :agent");
      names.put("#agent", "agent");
      values.put(":agent", Items.text(agent));
      query.expressionAttributeNames(names);
    }
    if (after != null) {
      var key = new HashMap<>(Job.key(tenantId, after));
      if (status != null) {
        key.put("status_job", Items.text(Job.statusKey(Job.Status.valueOf(status), after)));
      }
      query.exclusiveStartKey(key);
    }
    return query.keyConditionExpression(condition).expressionAttributeValues(values).build();
  }
}
