package io.outpost.job;

import io.outpost.aws.Names;
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
 * The slots of a tenant, which limit its running jobs. One item for each tenant has the number of
 * used slots and, for each lease, the time until which its slot is held. Slots belong to leases, so
 * a worker that lost a job cannot free the slot of the job's next run. A slot can be taken back
 * when its lease has ended, so a crash loses none. Thread-safe.
 */
@Component("tenantSlots")
public class TenantSlots {

  static final String SK = "slots";
  private static final String LEASE = "lease_";

  private final DynamoDbClient dynamoDb;
  private final Names names;

  TenantSlots(DynamoDbClient dynamoDb, Names names) {
    this.dynamoDb = dynamoDb;
    this.names = names;
  }

  /** Takes a slot, if the tenant uses fewer than {@code cap}. */
  Update.Builder take(Job job, JobLease lease, int cap) {
    return of(job, lease)
        .updateExpression("ADD used :one SET #lease = :until")
        .conditionExpression("attribute_not_exists(used) OR used < :cap")
        .expressionAttributeValues(
            Map.of(
                ":one",
                Items.number(1),
                ":until",
                Items.text(Json.time(lease.until())),
                ":cap",
                Items.number(cap)));
  }

  /** Renews the slot of a run. */
  Update.Builder keep(Job job, JobLease lease) {
    return of(job, lease)
        .updateExpression("SET #lease = :until")
        .conditionExpression("attribute_exists(#lease)")
        .expressionAttributeValues(Map.of(":until", Items.text(Json.time(lease.until()))));
  }

  /** Records that a job waits for a slot, on condition that none is free. */
  Update.Builder awaitFree(Job job, int cap, String mark) {
    return new WaiterFlag(names.table("tenants"), job.tenantId(), SK)
        .set(mark)
        .conditionExpression("used >= :cap")
        .expressionAttributeValues(Map.of(":mark", Items.text(mark), ":cap", Items.number(cap)));
  }

  /**
   * Frees the slot of a run, as part of a transaction.
   *
   * @param unawaited whether to refuse this when jobs wait for a slot
   */
  Update.Builder release(Job job, JobLease lease, boolean unawaited) {
    return of(job, lease)
        .updateExpression("ADD used :minusOne REMOVE #lease")
        .conditionExpression(
            "attribute_exists(#lease)" + (unawaited ? " AND attribute_not_exists(waiters)" : ""))
        .expressionAttributeValues(Map.of(":minusOne", Items.number(-1)));
  }

  /** The number of a tenant's free slots. */
  int free(String tenantId, int cap) {
    var slots =
        dynamoDb.getItem(
            g ->
                g.tableName(names.table("tenants"))
                    .key(Tenant.key(tenantId, SK))
                    .consistentRead(true));
    return cap - (slots.hasItem() ? Integer.parseInt(Items.required(slots.item(), "used").n()) : 0);
  }

  /** Whether the item still has the slot of this lease. */
  static boolean has(Map<String, AttributeValue> slots, JobLease lease) {
    return slots.containsKey(LEASE + lease.id());
  }

  /** Frees the slot of an abandoned run, if the run still has it. */
  public void releaseAlone(Job job, JobLease lease) {
    remove(job.tenantId(), LEASE + lease.id(), null);
  }

  /** Frees the slots whose leases have ended; returns whether any was freed. */
  public boolean freeExpired(Map<String, AttributeValue> slots, Instant now) {
    var freed = false;
    for (var slot : slots.entrySet()) {
      if (slot.getKey().startsWith(LEASE) && slot.getValue().s().compareTo(Json.time(now)) < 0) {
        freed |= remove(Items.required(slots, "tenant_id").s(), slot.getKey(), slot.getValue());
      }
    }
    return freed;
  }

  private boolean remove(String tenantId, String attribute, @Nullable AttributeValue expected) {
    try {
      dynamoDb.updateItem(
          u -> {
            u.tableName(names.table("tenants"))
                .key(Tenant.key(tenantId, SK))
                .updateExpression("ADD used :minusOne REMOVE #lease")
                .expressionAttributeNames(Map.of("#lease", attribute));
            if (expected == null) {
              u.conditionExpression("attribute_exists(#lease)")
                  .expressionAttributeValues(Map.of(":minusOne", Items.number(-1)));
            } else {
              u.conditionExpression("#lease = :expected")
                  .expressionAttributeValues(
                      Map.of(":minusOne", Items.number(-1), ":expected", expected));
            }
          });
      return true;
    } catch (ConditionalCheckFailedException e) {
      return false;
    }
  }

  private Update.Builder of(Job job, JobLease lease) {
    return Update.builder()
        .tableName(names.table("tenants"))
        .key(Tenant.key(job.tenantId(), SK))
        .expressionAttributeNames(Map.of("#lease", LEASE + lease.id()));
  }
}
