package io.outpost.usage;

import io.outpost.aws.Names;
import io.outpost.store.Items;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/** Reads the ledger's sums of a period: a few items, however many jobs there were. Thread-safe. */
@Component
public class UsageGroups {
  private final DynamoDbClient dynamoDb;
  private final Names names;

  UsageGroups(DynamoDbClient dynamoDb, Names names) {
    this.dynamoDb = dynamoDb;
    this.names = names;
  }

  /** The jobs of a period that have run and share a day, an agent or a key. */
  public record Group(String name, long jobs, BigDecimal costUsd) {
    private Group plus(Group other) {
      return new Group(name, jobs + other.jobs, costUsd.add(other.costUsd));
    }
  }

  /** The groups of a period, by name. */
  public List<Group> of(String tenantId, String billingPeriod, String by) {
    Map<String, Group> groups = new TreeMap<>();
    dynamoDb
        .queryPaginator(
            q ->
                q.tableName(names.table("usage"))
                    .keyConditionExpression("tenant_id = :tenant AND begins_with(sk, :groups)")
                    .expressionAttributeValues(
                        Map.of(
                            ":tenant", Items.text(tenantId),
                            ":groups", Items.text(Ledger.groups(billingPeriod, by))))
                    .consistentRead(true))
        .items()
        .forEach(
            item -> {
              var group =
                  new Group(
                      Items.required(item, "group").s(),
                      Long.parseLong(Items.required(item, "jobs").n()),
                      new BigDecimal(Items.required(item, "cost_usd").n()));
              groups.merge(group.name(), group, Group::plus);
            });
    return List.copyOf(groups.values());
  }
}
