package io.outpost.tenant;

import io.outpost.store.Items;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Update;

/** Builds updates of tenants that set some attributes and leave the others unchanged. Stateless. */
public final class TenantChange {

  private TenantChange() {}

  /**
   * An update on condition that the tenant has not changed since it was read.
   *
   * @param wanted the attributes to set; null removes an attribute
   */
  public static Update.Builder of(
      String table, Tenant read, Map<String, @Nullable AttributeValue> wanted) {
    Map<String, AttributeValue> values = new HashMap<>();
    values.put(":read", Items.number(read.version()));
    Map<String, String> attributes = new HashMap<>();
    attributes.put("#version", "version");
    wanted.forEach(
        (attribute, value) -> {
          attributes.put("#" + attribute, attribute);
          if (value != null) {
            values.put(":" + attribute, value);
          }
        });
    return Update.builder()
        .tableName(table)
        .key(Tenant.key(read.tenantId()))
        .updateExpression(expression(wanted))
        .conditionExpression("#version = :read")
        .expressionAttributeNames(attributes)
        .expressionAttributeValues(values);
  }

  private static String expression(Map<String, @Nullable AttributeValue> wanted) {
    String set =
        wanted.entrySet().stream()
            .filter(entry -> entry.getValue() != null)
            .map(entry -> "#" + entry.getKey() + " = :" + entry.getKey())
            .collect(Collectors.joining(", ", "SET ", ""));
    String remove =
        wanted.entrySet().stream()
            .filter(entry -> entry.getValue() == null)
            .map(entry -> "#" + entry.getKey())
            .collect(Collectors.joining(", "));
    return remove.isEmpty() ? set : set + " REMOVE " + remove;
  }
}
