package io.outpost.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * Converts records to DynamoDB items and back, with the same names as in JSON. Nulls are left out;
 * when reading, attributes that the record does not have are ignored. Thread-safe.
 */
@Component
public class Items {

  private final ObjectMapper mapper;

  Items(ObjectMapper mapper) {
    this.mapper = mapper;
  }

  /** The record's fields as attributes, in a map that the caller may add to. */
  public Map<String, AttributeValue> write(Object fields) {
    return attributes(mapper.valueToTree(fields));
  }

  /** The names of the record's fields that are null. */
  public List<String> missing(Object fields) {
    return mapper.valueToTree(fields).properties().stream()
        .filter(field -> field.getValue().isNull())
        .map(Map.Entry::getKey)
        .toList();
  }

  /** The record in an item. */
  public <T> T read(Map<String, AttributeValue> item, Class<T> type) {
    return mapper.convertValue(tree(AttributeValue.fromM(item)), type);
  }

  /**
   * A required attribute.
   *
   * @throws IllegalStateException when it is missing
   */
  public static AttributeValue required(Map<String, AttributeValue> item, String name) {
    var value = item.get(name);
    if (value == null) {
      throw new IllegalStateException("The item has no attribute " + name);
    }
    return value;
  }

  /** A string attribute. */
  public static AttributeValue text(String value) {
    return AttributeValue.fromS(value);
  }

  /** A number attribute. */
  public static AttributeValue number(long value) {
    return AttributeValue.fromN(Long.toString(value));
  }

  private Map<String, AttributeValue> attributes(JsonNode node) {
    var attributes = new LinkedHashMap<String, AttributeValue>();
    node.properties()
        .forEach(
            field -> {
              if (!field.getValue().isNull()) {
                attributes.put(field.getKey(), attribute(field.getValue()));
              }
            });
    return attributes;
  }

  private AttributeValue attribute(JsonNode node) {
    return switch (node.getNodeType()) {
      case STRING -> AttributeValue.fromS(node.textValue());
      case NUMBER -> AttributeValue.fromN(node.asText());
      case BOOLEAN -> AttributeValue.fromBool(node.booleanValue());
      case ARRAY -> AttributeValue.fromL(node.valueStream().map(this::attribute).toList());
      case OBJECT -> AttributeValue.fromM(attributes(node));
      default -> AttributeValue.fromNul(true);
    };
  }

  private static JsonNode tree(AttributeValue value) {
    var json = JsonNodeFactory.instance;
    return switch (value.type()) {
      case S -> json.textNode(value.s());
      case N -> json.numberNode(new BigDecimal(value.n()));
      case BOOL -> json.booleanNode(value.bool());
      case L -> json.arrayNode().addAll(value.l().stream().map(Items::tree).toList());
      case SS ->
          json.arrayNode()
              .addAll(value.ss().stream().map(s -> (JsonNode) json.textNode(s)).toList());
      case M -> {
        var node = json.objectNode();
        value.m().forEach((name, v) -> node.set(name, tree(v)));
        yield node;
      }
      default -> json.nullNode();
    };
  }
}
