package io.outpost.usage;

import io.outpost.aws.Names;
import io.outpost.kernel.Json;
import io.outpost.store.Change;
import io.outpost.store.Items;
import io.outpost.tenant.BillingTerms;
import io.outpost.tenant.Tenant;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.Put;

/**
 * The history of a tenant's billing terms: one item for each change, with the terms before and
 * after. Thread-safe.
 */
@Component
public class TermsHistory {
  private static final String PREFIX = "terms#";

  private final DynamoDbClient dynamoDb;
  private final Items items;
  private final Names names;

  TermsHistory(DynamoDbClient dynamoDb, Items items, Names names) {
    this.dynamoDb = dynamoDb;
    this.items = items;
    this.names = names;
  }

  /** One change of terms. */
  record Step(BillingTerms before, BillingTerms after) {}

  /** Adds a change of terms to the tenant's change, unless the terms stay the same. */
  public void add(Change change, Tenant old, BillingTerms next, Instant at) {
    if (next.equals(old.terms())) {
      return;
    }
    var item = items.write(new Step(old.terms(), next));
    item.put("tenant_id", Items.text(old.tenantId()));
    // The version distinguishes two changes of the same millisecond.
    item.put("sk", Items.text(PREFIX + Json.time(at) + "#" + old.version()));
    change.put(Put.builder().tableName(names.table("usage")).item(item));
  }

  /** The terms at an instant; {@code now} when they never changed. */
  public BillingTerms at(String tenantId, Instant at, BillingTerms now) {
    var last = PREFIX + Json.time(at) + "~";
    return step(tenantId, PREFIX, last, false)
        .map(Step::after)
        .or(() -> step(tenantId, last, PREFIX + "~", true).map(Step::before))
        .orElse(now);
  }

  private Optional<Step> step(String tenantId, String from, String to, boolean forward) {
    return dynamoDb
        .query(
            q ->
                q.tableName(names.table("usage"))
                    .keyConditionExpression("tenant_id = :tenant AND sk BETWEEN :from AND :to")
                    .expressionAttributeValues(
                        Map.of(
                            ":tenant", Items.text(tenantId),
                            ":from", Items.text(from),
                            ":to", Items.text(to)))
                    .scanIndexForward(forward)
                    .limit(1))
        .items()
        .stream()
        .findFirst()
        .map(item -> items.read(item, Step.class));
  }
}
