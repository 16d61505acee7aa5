package io.outpost.billing;

import io.outpost.aws.Names;
import io.outpost.store.Items;
import java.util.List;
import java.util.Map;
import org.apache.camel.ExchangeProperty;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * The customers with prices that are not in our settings. They are checked again until the settings
 * have the price. Thread-safe.
 */
@Component("unknownPrices")
public class UnknownPrices {
  private static final String PARTITION = "unknown-prices";

  private final DynamoDbClient dynamoDb;
  private final Names names;

  UnknownPrices(DynamoDbClient dynamoDb, Names names) {
    this.dynamoDb = dynamoDb;
    this.names = names;
  }

  /** Records a customer with an unknown price. */
  public void add(@ExchangeProperty("customer") String customer) {
    dynamoDb.putItem(p -> p.tableName(names.table("usage")).item(key(customer)));
  }

  /** Removes a customer whose prices are known now, or gone. */
  public void remove(@ExchangeProperty("customer") String customer) {
    dynamoDb.deleteItem(d -> d.tableName(names.table("usage")).key(key(customer)));
  }

  /** All customers with unknown prices. */
  public List<String> all() {
    return dynamoDb
        .queryPaginator(
            q ->
                q.tableName(names.table("usage"))
                    .keyConditionExpression("tenant_id = :unknown")
                    .expressionAttributeValues(Map.of(":unknown", Items.text(PARTITION))))
        .items()
        .stream()
        .map(item -> Items.required(item, "sk").s())
        .toList();
  }

  private static Map<String, AttributeValue> key(String customer) {
    return Map.of("tenant_id", Items.text(PARTITION), "sk", Items.text(customer));
  }
}
