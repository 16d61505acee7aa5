package io.outpost.worker;

import io.outpost.aws.Names;
import io.outpost.job.Job;
import io.outpost.job.JobMessage;
import io.outpost.store.Items;
import io.outpost.tenant.Tenant;
import java.util.List;
import java.util.Map;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.KeysAndAttributes;

/** What a delivery is about: the job and how its tenant stands, in one read. Thread-safe. */
@Profile({"worker", "local"})
@Component
class DueJobs {

  private final DynamoDbClient dynamoDb;
  private final Items items;
  private final Names names;

  DueJobs(DynamoDbClient dynamoDb, Items items, Names names) {
    this.dynamoDb = dynamoDb;
    this.items = items;
    this.names = names;
  }

  /**
   * Both as they are now.
   *
   * @param job its item; empty when there is none
   */
  record Found(Map<String, AttributeValue> job, Tenant.Status standing) {}

  private record Standing(Tenant.Status status) {}

  /** Finds what a message brings; operators, who have no item, are always active. */
  Found find(JobMessage message) {
    var jobs = names.table("jobs");
    var tenants = names.table("tenants");
    var wanted =
        Map.of(
            jobs, one(Job.key(message.tenantId(), message.jobId())),
            tenants, one(Tenant.key(message.tenantId())));
    var read = dynamoDb.batchGetItem(b -> b.requestItems(wanted));
    if (!read.unprocessedKeys().isEmpty()) {
      throw new IllegalStateException("The tables are busy; the message comes again");
    }
    var job = first(read.responses().get(jobs));
    var tenant = first(read.responses().get(tenants));
    return new Found(
        job, tenant.isEmpty() ? Tenant.Status.active : items.read(tenant, Standing.class).status());
  }

  private static Map<String, AttributeValue> first(List<Map<String, AttributeValue>> found) {
    return found.isEmpty() ? Map.of() : found.getFirst();
  }

  private static KeysAndAttributes one(Map<String, AttributeValue> key) {
    return KeysAndAttributes.builder().keys(List.of(key)).consistentRead(true).build();
  }
}
