package io.outpost.usage;

import io.outpost.aws.Names;
import io.outpost.store.Items;
import java.util.Map;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Update;

/** The count of a tenant's jobs in a billing period, for tiers that have a quota. Thread-safe. */
@Component
public class QuotaCounter {

  private final Names names;

  QuotaCounter(Names names) {
    this.names = names;
  }

  /** Counts one job, as long as fewer than the quota are counted. */
  public Update.Builder count(String tenantId, String periodStart, int quota) {
    return counter(tenantId, periodStart)
        .updateExpression("ADD used :one")
        .conditionExpression("attribute_not_exists(used) OR used < :quota")
        .expressionAttributeValues(Map.of(":one", Items.number(1), ":quota", Items.number(quota)));
  }

  /** Counts one job that was given back and runs after all, whatever the quota. */
  public Update.Builder countAgain(String tenantId, String periodStart) {
    return add(tenantId, periodStart, 1);
  }

  /** Takes one job that was counted off the count again. */
  public Update.Builder giveBack(String tenantId, String periodStart) {
    return add(tenantId, periodStart, -1);
  }

  private Update.Builder add(String tenantId, String periodStart, int jobs) {
    return counter(tenantId, periodStart)
        .updateExpression("ADD used :jobs")
        .expressionAttributeValues(Map.of(":jobs", Items.number(jobs)));
  }

  /** The primary key of a period's counter. */
  public static Map<String, AttributeValue> key(String tenantId, String periodStart) {
    return Map.of("tenant_id", Items.text(tenantId), "sk", Items.text("period#" + periodStart));
  }

  private Update.Builder counter(String tenantId, String periodStart) {
    return Update.builder().tableName(names.table("usage")).key(key(tenantId, periodStart));
  }
}
