package io.outpost.billing;

import io.outpost.aws.Names;
import io.outpost.store.Items;
import java.util.List;
import java.util.Map;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** Finds tenants whose customer at Stripe is out of date. Thread-safe. */
@Component("unsyncedTenants")
public class UnsyncedTenants {
  private final DynamoDbClient dynamoDb;
  private final Names names;

  UnsyncedTenants(DynamoDbClient dynamoDb, Names names) {
    this.dynamoDb = dynamoDb;
    this.names = names;
  }

  /** Tenants that have no customer, or whose customer is out of date. */
  public List<String> unlikeTheirCustomer() {
    return listed(
        "tenants",
        "attribute_not_exists(stripe_customer_id) OR customer_outdated = :value",
        AttributeValue.fromBool(true));
  }

  /** Deleted tenants whose subscription may still be active. */
  public List<String> deletedButSubscribed() {
    return listed(
        "deleted",
        "attribute_exists(subscription_status) AND subscription_status <> :value",
        Items.text("canceled"));
  }

  private List<String> listed(String directory, String filter, AttributeValue value) {
    var values = Map.of(":directory", Items.text(directory), ":value", value);
    return dynamoDb
        .queryPaginator(
            q ->
                q.tableName(names.table("tenants"))
                    .indexName("directory")
                    .keyConditionExpression("directory = :directory")
                    .filterExpression(filter)
                    .expressionAttributeValues(values))
        .items()
        .stream()
        .map(item -> Items.required(item, "tenant_id").s())
        .toList();
  }
}
