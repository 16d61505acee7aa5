package io.outpost.worker;

import io.outpost.platform.Job;
import io.outpost.platform.Json;
import io.outpost.platform.Tenant;
import io.outpost.platform.aws.Items;
import io.outpost.platform.aws.Names;
import java.time.Instant;
import java.util.Map;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.Update;

/**
 * How many jobs of a tenant run at once: one item a tenant with the count and, for each running
 * job, until when its slot is leased. A slot whose lease has ended is free, so a crash leaks none.
 * Thread-safe.
 */
@Profile({"worker", "local"})
@Component("tenantSlots")
public class TenantSlots {

  private static final String SK = "slots";
  private static final String JOB = "job_";

  private final DynamoDbClient dynamoDb;
  private final Names names;

  TenantSlots(DynamoDbClient dynamoDb, Names names) {
    this.dynamoDb = dynamoDb;
    this.names = names;
  }

  /** Takes a slot, if fewer than {@code cap} are taken. */
  Update.Builder take(Job job, Instant until, int cap) {
    return of(job.tenantId(), job.jobId())
        .updateExpression("ADD used :one SET #job = :until")
        .conditionExpression(
            "attribute_not_exists(#job) AND (attribute_not_exists(used) OR used < :cap)")
        .expressionAttributeValues(
            Map.of(
                ":one",
                Items.number(1),
                ":until",
                Items.text(Json.time(until)),
                ":cap",
                Items.number(cap)));
  }

  /** Keeps the slot that a job has. */
  Update.Builder keep(Job job, Instant until) {
    return of(job.tenantId(), job.jobId())
        .updateExpression("SET #job = :until")
        .conditionExpression("attribute_exists(#job)")
        .expressionAttributeValues(Map.of(":until", Items.text(Json.time(until))));
  }

  /** Gives the slot of a job back, within a transaction. */
  Update.Builder release(Job job) {
    return of(job.tenantId(), job.jobId())
        .updateExpression("ADD used :minusOne REMOVE #job")
        .conditionExpression("attribute_exists(#job)")
        .expressionAttributeValues(Map.of(":minusOne", Items.number(-1)));
  }

  /** Gives the slot of a job back when it still has one; for runs that finish nothing. */
  void releaseAlone(Job job) {
    remove(job.tenantId(), JOB + job.jobId(), null);
  }

  /** Whether a job has a slot, in the item as it was. */
  static boolean holds(Map<String, AttributeValue> slots, Job job) {
    return slots.containsKey(JOB + job.jobId());
  }

  /** Frees the slots in an item whose lease has ended; says whether there were any. */
  public boolean freeExpired(Map<String, AttributeValue> slots, Instant now) {
    var freed = false;
    for (var slot : slots.entrySet()) {
      if (slot.getKey().startsWith(JOB) && slot.getValue().s().compareTo(Json.time(now)) < 0) {
        freed |= remove(slots.get("tenant_id").s(), slot.getKey(), slot.getValue());
      }
    }
    return freed;
  }

  private boolean remove(String tenantId, String attribute, AttributeValue expected) {
    try {
      dynamoDb.updateItem(
          u -> {
            u.tableName(names.table("tenants"))
                .key(Tenant.key(tenantId, SK))
                .updateExpression("ADD used :minusOne REMOVE #job")
                .expressionAttributeNames(Map.of("#job", attribute));
            if (expected == null) {
              u.conditionExpression("attribute_exists(#job)")
                  .expressionAttributeValues(Map.of(":minusOne", Items.number(-1)));
            } else {
              u.conditionExpression("#job = :expected")
                  .expressionAttributeValues(
                      Map.of(":minusOne", Items.number(-1), ":expected", expected));
            }
          });
      return true;
    } catch (ConditionalCheckFailedException e) {
      return false;
    }
  }

  private Update.Builder of(String tenantId, String jobId) {
    return Update.builder()
        .tableName(names.table("tenants"))
        .key(Tenant.key(tenantId, SK))
        .expressionAttributeNames(Map.of("#job", JOB + jobId));
  }
}
