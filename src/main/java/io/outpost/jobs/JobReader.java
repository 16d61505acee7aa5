package io.outpost.jobs;

import io.outpost.aws.Names;
import io.outpost.http.Call;
import io.outpost.job.Job;
import io.outpost.kernel.Page;
import io.outpost.kernel.Problem;
import io.outpost.store.Items;
import io.outpost.store.Pages;
import io.outpost.tenant.Principal;
import java.util.List;
import java.util.Map;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Header;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** Reads jobs of the caller's tenant only. Stateless. */
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

  /** A job in its current state. */
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

  /**
   * A page of jobs that match the filter, newest first. Live and test jobs are listed separately.
   */
  public Page<Job> list(
      @Header("status") List<String> statuses,
      @Header("agent") String agent,
      @Header("label") List<String> labels,
      @Header("created_after") String after,
      @Header("created_before") String before,
      @Header("mode") String mode,
      @Header("limit") int limit,
      @Header("cursor") String cursor,
      @ExchangeProperty(Call.NAME) Call call) {
    var tenantId = call.principal().tenantId();
    var filter =
        JobFilter.of(statuses, agent, labels, after, before, mode == null ? Principal.LIVE : mode);
    return pages.read(
        query -> filter.addTo(query.tableName(names.table("jobs")), tenantId),
        tenantId + " jobs " + filter,
        limit,
        cursor,
        Job.class);
  }
}
