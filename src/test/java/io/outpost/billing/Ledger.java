package io.outpost.billing;

import io.outpost.kernel.Json;
import io.outpost.kernel.Shards;
import io.outpost.store.Items;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** Writes ledger entries as the worker does at a job's end, and reads them back. */
final class Ledger {
  private static final String PERIOD = "2026-11-01T00:00:00.000Z";

  private final BillingApi api;

  Ledger(BillingApi api) {
    this.api = api;
  }

  /** Writes the entry of a job that ended. */
  void add(String tenantId, String jobId, Instant ended) {
    api.dynamoDb()
        .putItem(
            p ->
                p.tableName(api.table("usage"))
                    .item(
                        Map.of(
                            "tenant_id", Items.text(tenantId),
                            "sk", Items.text(sk(jobId)),
                            "job_id", Items.text(jobId),
                            "recorded_at", Items.text(Json.time(ended)),
                            "unreported_shard", Items.text(Shards.of("unreported", jobId)))));
  }

  /** Sets the number of jobs that count in a period. */
  void count(String tenantId, String periodStart, int used) {
    api.dynamoDb()
        .putItem(
            p ->
                p.tableName(api.table("usage"))
                    .item(
                        Map.of(
                            "tenant_id", Items.text(tenantId),
                            "sk", Items.text("period#" + periodStart),
                            "used", Items.number(used))));
  }

  /** Writes usage sums of groups, each with the given number of jobs. */
  void sums(String tenantId, String periodStart, String by, List<String> groups, int jobs) {
    for (var group : groups) {
      api.dynamoDb()
          .putItem(
              p ->
                  p.tableName(api.table("usage"))
                      .item(
                          Map.of(
                              "tenant_id", Items.text(tenantId),
                              "sk",
                                  Items.text("sum#" + periodStart + "#" + by + "#" + group + "#0"),
                              "group", Items.text(group),
                              "jobs", Items.number(jobs),
                              "cost_usd", Items.number(0))));
    }
  }

  /** One entry's attributes. */
  Map<String, AttributeValue> entry(String tenantId, String jobId) {
    return api.dynamoDb()
        .getItem(g -> g.tableName(api.table("usage")).key(key(tenantId, jobId)))
        .item();
  }

  /** Overwrites a time of an entry. */
  void set(String tenantId, String jobId, String attribute, Instant time) {
    api.dynamoDb()
        .updateItem(
            u ->
                u.tableName(api.table("usage"))
                    .key(key(tenantId, jobId))
                    .updateExpression("SET " + attribute + " = :time")
                    .expressionAttributeValues(Map.of(":time", Items.text(Json.time(time)))));
  }

  /** All entries of a tenant. */
  List<Map<String, AttributeValue>> all(String tenantId) {
    return api
        .dynamoDb()
        .queryPaginator(
            q ->
                q.tableName(api.table("usage"))
                    .keyConditionExpression("tenant_id = :tenant AND begins_with(sk, :ledger)")
                    .expressionAttributeValues(
                        Map.of(":tenant", Items.text(tenantId), ":ledger", Items.text("ledger#"))))
        .items()
        .stream()
        .toList();
  }

  /** The message that takes a job off the bill. */
  StripeMessage voiding(String tenantId, String jobId) {
    return new StripeMessage(StripeMessage.Kind.void_job, tenantId, null, jobId, PERIOD, "Ours");
  }

  private static String sk(String jobId) {
    return "ledger#" + PERIOD + "#" + jobId;
  }

  private static Map<String, AttributeValue> key(String tenantId, String jobId) {
    Map<String, AttributeValue> key = new HashMap<>();
    key.put("tenant_id", Items.text(tenantId));
    key.put("sk", Items.text(sk(jobId)));
    return key;
  }
}
