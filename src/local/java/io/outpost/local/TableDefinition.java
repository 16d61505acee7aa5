package io.outpost.local;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.CreateTableRequest;
import software.amazon.awssdk.services.dynamodb.model.GlobalSecondaryIndex;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.ProjectionType;

/** A table of {@code schema/tables.json}; the range key may be null. */
@JsonNaming(SnakeCaseStrategy.class)
record TableDefinition(
    String description,
    String hashKey,
    String rangeKey,
    Map<String, String> attributes,
    Map<String, Index> indexes,
    String ttl) {

  /** A global secondary index. It contains all attributes, unless it has another projection. */
  @JsonNaming(SnakeCaseStrategy.class)
  record Index(String hashKey, String rangeKey, String projection) {

    ProjectionType attributes() {
      return projection == null ? ProjectionType.ALL : ProjectionType.fromValue(projection);
    }
  }

  CreateTableRequest creation(String tableName) {
    var request =
        CreateTableRequest.builder()
            .tableName(tableName)
            .billingMode(BillingMode.PAY_PER_REQUEST)
            .keySchema(keys(hashKey, rangeKey))
            .attributeDefinitions(
                attributes.entrySet().stream()
                    .map(e -> attribute(e.getKey(), e.getValue()))
                    .toList());
    // DynamoDB refuses an empty list.
    return indexes.isEmpty()
        ? request.build()
        : request
            .globalSecondaryIndexes(
                indexes.entrySet().stream().map(e -> index(e.getKey(), e.getValue())).toList())
            .build();
  }

  private static GlobalSecondaryIndex index(String name, Index index) {
    return GlobalSecondaryIndex.builder()
        .indexName(name)
        .keySchema(keys(index.hashKey(), index.rangeKey()))
        .projection(p -> p.projectionType(index.attributes()))
        .build();
  }

  private static AttributeDefinition attribute(String name, String type) {
    return AttributeDefinition.builder().attributeName(name).attributeType(type).build();
  }

  private static List<KeySchemaElement> keys(String hash, String range) {
    List<KeySchemaElement> keys = new ArrayList<>();
    keys.add(KeySchemaElement.builder().attributeName(hash).keyType(KeyType.HASH).build());
    if (range != null) {
      keys.add(KeySchemaElement.builder().attributeName(range).keyType(KeyType.RANGE).build());
    }
    return keys;
  }
}
