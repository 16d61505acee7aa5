package io.outpost.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.kernel.Cursor;
import io.outpost.kernel.Page;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;

/** Reads a query page by page, newest first. Thread-safe. */
@Component
public class Pages {

  /**
   * The maximum number of queries for one request when a filter drops most items. A query reads at
   * most a hundred items and 1 MB. After the last query the page is short and has a cursor.
   */
  private static final int MOST_QUERIES = 20;

  /** How many items a query reads after the first one, when a filter has dropped most items. */
  private static final int READ_ON = 100;

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
   * One page. Reads one item more than it returns, to know whether more pages follow.
   *
   * @param query table, index, condition and filter; its keys must all be strings
   * @param scope binds the cursor to tenant, list and filters
   * @param cursor the position to continue from; null: the newest
   */
  public <T> Page<T> read(
      Consumer<QueryRequest.Builder> query,
      String scope,
      int limit,
      @Nullable String cursor,
      Class<T> type) {
    var start = cursor == null ? null : key(Cursor.open(cursor, scope));
    var found = new ArrayList<Map<String, AttributeValue>>();
    var keys = start == null ? Set.<String>of() : start.keySet();
    var queries = 0;
    do {
      var request =
          QueryRequest.builder()
              .scanIndexForward(false)
              .limit(queries == 0 ? limit + 1 : Math.max(limit + 1, READ_ON))
              .exclusiveStartKey(start);
      query.accept(request);
      var page = dynamoDb.query(request.build());
      found.addAll(page.items());
      queries++;
      keys = page.hasLastEvaluatedKey() ? page.lastEvaluatedKey().keySet() : keys;
      start = page.hasLastEvaluatedKey() ? page.lastEvaluatedKey() : null;
    } while (start != null && found.size() <= limit && queries < MOST_QUERIES);
    if (found.size() > limit) {
      start = position(found.get(limit - 1), keys.isEmpty() ? keys(query, limit) : keys);
      found.subList(limit, found.size()).clear();
    }
    return new Page<>(
        found.stream().map(item -> items.read(item, type)).toList(),
        start == null ? null : Cursor.to(text(start), scope));
  }

  /**
   * The names of a query's key attributes. Needed for DynamoDB Local, which does not return them
   * when everything was read.
   */
  private Set<String> keys(Consumer<QueryRequest.Builder> query, int limit) {
    var request = QueryRequest.builder().scanIndexForward(false).limit(limit);
    query.accept(request);
    return dynamoDb.query(request.build()).lastEvaluatedKey().keySet();
  }

  /** The position of an item: its key attributes for the query. */
  private static Map<String, AttributeValue> position(
      Map<String, AttributeValue> item, Set<String> keys) {
    var position = new HashMap<>(item);
    position.keySet().retainAll(keys);
    return position;
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
      throw new IllegalStateException("A cursor that passed its check cannot be read", e);
    }
  }
}
