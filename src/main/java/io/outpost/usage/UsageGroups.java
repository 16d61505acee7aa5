package io.outpost.usage;

import io.outpost.aws.Names;
import io.outpost.store.Items;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * Reads the ledger's sums of a period. These are few items, however many jobs there were.
 * Thread-safe.
 */
@Component
public class UsageGroups {

  /** The maximum number of groups, because a label may have as many values as there are jobs. */
  private static final int MOST = 1000;

  private final DynamoDbClient dynamoDb;
  private final Names names;

  UsageGroups(DynamoDbClient dynamoDb, Names names) {
    this.dynamoDb = dynamoDb;
    this.names = names;
  }

  /** Finished jobs of a period that have the same day, agent, key or label value. */
  public record Group(String name, long jobs, BigDecimal costUsd) {
    private Group plus(Group other) {
      return new Group(name, jobs + other.jobs, costUsd.add(other.costUsd));
    }
  }

  /** Finished jobs of a period. */
  public record Sum(long jobs, BigDecimal costUsd) {
    private static Sum of(Iterable<Group> groups) {
      var jobs = 0L;
      var cost = BigDecimal.ZERO;
      for (var group : groups) {
        jobs += group.jobs;
        cost = cost.add(group.costUsd);
      }
      return new Sum(jobs, cost);
    }

    private Sum minus(Sum other) {
      return new Sum(jobs - other.jobs, costUsd.subtract(other.costUsd));
    }
  }

  /**
   * Finished jobs of a period.
   *
   * @param groups by name
   * @param ungrouped jobs in no group: without the label, older than the counting of labels, or of
   *     groups beyond the maximum
   */
  public record Grouped(List<Group> groups, Sum ungrouped) {}

  /**
   * The finished jobs of a period in groups.
   *
   * @param by {@code day}, {@code agent}, {@code key} or {@code label:<name>}
   */
  public Grouped of(String tenantId, String billingPeriod, String by) {
    var groups = read(tenantId, Ledger.groups(billingPeriod, by));
    // The sum over agents contains every job, because every job has an agent. It is read last, so
    // that no group has a job that it lacks.
    var all = by.equals("agent") ? groups : read(tenantId, Ledger.groups(billingPeriod, "agent"));
    return new Grouped(groups, Sum.of(all).minus(Sum.of(groups)));
  }

  private List<Group> read(String tenantId, String prefix) {
    Map<String, Group> groups = new TreeMap<>();
    for (var item : sums(tenantId, prefix)) {
      var name = Items.required(item, "group").s();
      if (groups.size() == MOST && !groups.containsKey(name)) {
        break;
      }
      var jobs = Long.parseLong(Items.required(item, "jobs").n());
      var cost = new BigDecimal(Items.required(item, "cost_usd").n());
      groups.merge(name, new Group(name, jobs, cost), Group::plus);
    }
    return List.copyOf(groups.values());
  }

  private Iterable<Map<String, AttributeValue>> sums(String tenantId, String prefix) {
    return dynamoDb
        .queryPaginator(
            q ->
                q.tableName(names.table("usage"))
                    .keyConditionExpression("tenant_id = :tenant AND begins_with(sk, :groups)")
                    .expressionAttributeValues(
                        Map.of(":tenant", Items.text(tenantId), ":groups", Items.text(prefix)))
                    .consistentRead(true))
        .items();
  }
}
