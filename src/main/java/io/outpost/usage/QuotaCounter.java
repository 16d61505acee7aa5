package io.outpost.usage;

import io.outpost.aws.Names;
import io.outpost.kernel.Shards;
import io.outpost.store.Items;
import java.util.Map;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Update;

/**
 * The number of a tenant's jobs in a billing period. Where a limit applies, jobs are counted in one
 * item; otherwise they are spread over several items, so that none gets too many writes. The
 * period's count is the sum of both. Thread-safe.
 */
@Component
public class QuotaCounter {
  private final DynamoDbClient dynamoDb;
  private final Names names;

  QuotaCounter(DynamoDbClient dynamoDb, Names names) {
    this.dynamoDb = dynamoDb;
    this.names = names;
  }

  /** Counts one job, on condition that the single item is below the limit. */
  public Update.Builder count(String tenantId, String periodStart, long limit) {
    return counter(key(tenantId, periodStart))
        .updateExpression("ADD used :one")
        .conditionExpression("(attribute_not_exists(used) AND :zero < :limit) OR used < :limit")
        .expressionAttributeValues(
            Map.of(
                ":one", Items.number(1), ":zero", Items.number(0), ":limit", Items.number(limit)));
  }

  /** Counts one job without a limit. */
  public Update.Builder countSpread(String tenantId, String periodStart, String jobId) {
    return add(shard(tenantId, periodStart, jobId), 1);
  }

  /** Counts one job that was given back, again and whatever the quota. */
  public Update.Builder countAgain(
      String tenantId, String periodStart, String jobId, boolean spread) {
    return add(spread ? shard(tenantId, periodStart, jobId) : key(tenantId, periodStart), 1);
  }

  /** Removes one counted job from the count. */
  public Update.Builder giveBack(
      String tenantId, String periodStart, String jobId, boolean spread) {
    return add(spread ? shard(tenantId, periodStart, jobId) : key(tenantId, periodStart), -1);
  }

  /** The number of jobs counted in a period. */
  public long used(String tenantId, String periodStart) {
    return sum(tenantId, "period#" + periodStart);
  }

  /** The number of jobs counted in a period that were accepted without a limit. */
  public long spread(String tenantId, String periodStart) {
    return sum(tenantId, "period#" + periodStart + "#");
  }

  private long sum(String tenantId, String prefix) {
    return dynamoDb
        .query(
            q ->
                q.tableName(names.table("usage"))
                    .keyConditionExpression("tenant_id = :tenant AND begins_with(sk, :period)")
                    .expressionAttributeValues(
                        Map.of(":tenant", Items.text(tenantId), ":period", Items.text(prefix)))
                    .consistentRead(true))
        .items()
        .stream()
        .mapToLong(item -> Long.parseLong(Items.required(item, "used").n()))
        .sum();
  }

  /** The primary key of a period's counter. */
  static Map<String, AttributeValue> key(String tenantId, String periodStart) {
    return Map.of("tenant_id", Items.text(tenantId), "sk", Items.text("period#" + periodStart));
  }

  private static Map<String, AttributeValue> shard(
      String tenantId, String periodStart, String jobId) {
    return key(tenantId, Shards.of(periodStart, jobId));
  }

  private Update.Builder add(Map<String, AttributeValue> key, int jobs) {
    return counter(key)
        .updateExpression("ADD used :jobs")
        .expressionAttributeValues(Map.of(":jobs", Items.number(jobs)));
  }

  private Update.Builder counter(Map<String, AttributeValue> key) {
    return Update.builder().tableName(names.table("usage")).key(key);
  }
}
