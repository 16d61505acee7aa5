package io.outpost.store;

import io.outpost.aws.Names;
import io.outpost.kernel.Ids;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Put;

/**
 * What every container must hear of within seconds: a key or a tenant changed, a running job was
 * cancelled, somebody watches a job. Written with the change itself, polled by all. Hearing
 * something twice must do no harm. Thread-safe.
 */
@Component("changeFeed")
public class ChangeFeed {

  private static final String CHANGES = "changes";

  /** Apart, so that only workers read them, and containers of an older release none. */
  private static final String WATCHES = "watches";

  /** Clocks of containers differ, and transactions take, less than this together. */
  private static final Duration OVERLAP = Duration.ofSeconds(30);

  private static final Duration LONGEST_HEARING = Duration.ofMillis(1500);

  private static final Duration KEPT = Duration.ofHours(1);

  private final DynamoDbClient dynamoDb;
  private final Items items;
  private final Names names;
  private final Map<String, Instant> heard = new ConcurrentHashMap<>();

  ChangeFeed(DynamoDbClient dynamoDb, Items items, Names names) {
    this.dynamoDb = dynamoDb;
    this.items = items;
    this.names = names;
  }

  /** What it is about. */
  public enum Kind {
    key,
    tenant,
    secret,
    cancel,
    watch;

    String partition() {
      return this == watch ? WATCHES : CHANGES;
    }
  }

  /**
   * One change.
   *
   * @param tenant whose
   * @param subject a key's hash, a job's id; for a tenant its id
   */
  public record Announcement(Kind kind, String tenant, String subject) {}

  /** Adds an announcement to the transaction of what it tells of. */
  public void add(Change change, Announcement announcement) {
    var item = items.write(announcement);
    item.put("tenant_id", Items.text(announcement.kind().partition()));
    item.put("sk", Items.text(Ids.ulid()));
    item.put("expires_at", Items.number(Instant.now().plus(KEPT).getEpochSecond()));
    change.put(
        Put.builder().tableName(names.table("tenants")).item(item),
        old -> new IllegalStateException("An unconditional write was refused"));
  }

  /** What was announced since this listener last asked with success, and a little before. */
  public List<Announcement> poll(String listener) {
    return poll(listener, CHANGES);
  }

  /** The same of the jobs that somebody watches. */
  public List<Announcement> pollWatches(String listener) {
    return poll(listener + " of watches", WATCHES);
  }

  private List<Announcement> poll(String listener, String partition) {
    var now = Instant.now();
    var since = heard.getOrDefault(listener, now).minus(OVERLAP);
    var found = new ArrayList<Announcement>();
    Map<String, AttributeValue> values =
        Map.of(":changes", Items.text(partition), ":since", Items.text(Ids.firstUlidAt(since)));
    dynamoDb
        .queryPaginator(
            q ->
                q.tableName(names.table("tenants"))
                    .keyConditionExpression("tenant_id = :changes AND sk > :since")
                    .consistentRead(true)
                    .expressionAttributeValues(values)
                    .overrideConfiguration(o -> o.apiCallTimeout(LONGEST_HEARING)))
        .items()
        .forEach(item -> found.add(items.read(item, Announcement.class)));
    heard.put(listener, now);
    return found;
  }
}
