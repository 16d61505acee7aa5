package io.outpost.store;

import io.outpost.kernel.Json;
import io.outpost.kernel.Shards;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * The index {@code open} of a table: items for sweepers, by due time. It is sharded, so that no
 * kind makes a hot partition, and sparse: it contains only items with these attributes.
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

  /** The names of these attributes; removing them takes an item out of the index. */
  public List<String> names() {
    return List.of(SHARD, DUE);
  }

  /** All shards of the kind. */
  public List<String> shards() {
    return Shards.all(kind);
  }
}
