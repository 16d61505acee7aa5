package io.outpost.platform.aws;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.platform.Cursor;
import io.outpost.platform.Page;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;

/** Reads a query page by page, newest first. Thread-safe. */
@Component
public class Pages {

  /**
   * Items that one request may read past while a filter leaves most out; a short page with a cursor
   * follows.
   */
  private static final int MOST_READ = 2000;

  private static final TypeReference<Map<String, String>> KEY = new TypeReference<>() {};

  private final DynamoDbClient dynamoDb;
  private final Items items;
  private final ObjectMapper mapper;

  Pages(DynamoDbClient dynamoDb, Items items, ObjectMapper mapper) {
    this.dynamoDb = dynamoDb;
    this.items = items;
    this.mapper = mapper;
  }

  /**
   * One page.
   *
   * @param query table, index, condition and filter; its keys must all be strings
   * @param scope what the cursor is bound to: whose list, which, and its filters
   * @param cursor where to go on; null: at the newest
   */
  public <T> Page<T> read(
      Consumer<QueryRequest.Builder> query, String scope, int limit, String cursor, Class<T> type) {
    var start = cursor == null ? null : key(Cursor.open(cursor, scope));
    var found = new ArrayList<T>();
    var read = 0;
    do {
      var request =
          QueryRequest.builder()
              .scanIndexForward(false)
              .limit(limit - found.size())
              .exclusiveStartKey(start);
      query.accept(request);
      var page = dynamoDb.query(request.build());
      page.items().forEach(item -> found.add(items.read(item, type)));
      read += page.scannedCount();
      start = page.hasLastEvaluatedKey() ? page.lastEvaluatedKey() : null;
    } while (start != null && found.size() < limit && read < MOST_READ);
    return new Page<>(found, start == null ? null : Cursor.to(text(start), scope));
  }

  private String text(Map<String, AttributeValue> key) {
    var texts = new TreeMap<String, String>();
    key.forEach((name, value) -> texts.put(name, value.s()));
    try {
      return mapper.writeValueAsString(texts);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private Map<String, AttributeValue> key(String text) {
    try {
      var key = new HashMap<String, AttributeValue>();
      mapper.readValue(text, KEY).forEach((name, value) -> key.put(name, Items.text(value)));
      return key;
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("A cursor passed its check and is none", e);
    }
  }
}
