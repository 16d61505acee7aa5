package io.outpost.store;

import io.outpost.kernel.Json;
import io.outpost.kernel.Shards;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * The index {@code open} of a table: items for sweepers, by the time at which they are due. It
 * contains only items with these attributes, and has several shards for each kind, so that no kind
 * makes one partition too busy.
 *
 * @param kind the prefix of its shards
 */
public record DueIndex(String kind) {

  private static final String SHARD = "open_shard";
  private static final String DUE = "open_due";

  /** The attributes that put an item into the index. */
  public Map<String, AttributeValue> keys(String id, Instant due) {
    return Map.of(SHARD, Items.text(Shards.of(kind, id)), DUE, Items.text(Json.time(due)));
  }

  /** The names of these attributes. Removing them takes an item out of the index. */
  public List<String> names() {
    return List.of(SHARD, DUE);
  }

  /** All shards of the kind. */
  public List<String> shards() {
    return Shards.all(kind);
  }
}
