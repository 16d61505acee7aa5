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
 * The change feed: changes that every container must read within seconds. These are changed keys
 * and tenants, cancelled running jobs, followed jobs, new webhook endpoints, and an outbox with new
 * events. Entries are written together with a change, or after several, and polled by all
 * containers. Reading an entry twice must do no harm. Thread-safe.
 */
@Component("changeFeed")
public class ChangeFeed {

  private static final String CHANGES = "changes";

  /**
   * A separate feed for followed jobs. Only workers read it, and containers of older releases do
   * not know it.
   */
  private static final String WATCHES = "watches";

  /** A separate feed for webhooks, which containers of older releases do not know. */
  private static final String WEBHOOKS = "webhook-changes";

  /**
   * How far back each poll reads again, to allow for clocks that differ and for slow transactions.
   */
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

  /** The kind of change. */
  public enum Kind {
    key,
    tenant,
    secret,
    cancel,
    watch,
    webhook;

    String partition() {
      return switch (this) {
        case watch -> WATCHES;
        case webhook -> WEBHOOKS;
        default -> CHANGES;
      };
    }
  }

  /**
   * One change.
   *
   * @param tenant whose change it is
   * @param subject the hash of a key, the id of a job, or the id of the tenant
   */
  public record Announcement(Kind kind, String tenant, String subject) {}

  /** Adds an entry to the transaction of the change that the entry announces. */
  public void add(Change change, Announcement announcement) {
    change.put(Put.builder().tableName(names.table("tenants")).item(entry(announcement)));
  }

  /** Writes an entry about changes that were written before. */
  public void announce(Announcement announcement) {
    dynamoDb.putItem(
        p ->
            p.tableName(names.table("tenants"))
                .item(entry(announcement))
                .overrideConfiguration(o -> o.apiCallTimeout(LONGEST_HEARING)));
  }

  private Map<String, AttributeValue> entry(Announcement announcement) {
    var item = items.write(announcement);
    item.put("tenant_id", Items.text(announcement.kind().partition()));
    item.put("sk", Items.text(Ids.ulid()));
    item.put("expires_at", Items.number(Instant.now().plus(KEPT).getEpochSecond()));
    return item;
  }

  /**
   * The changes announced since this listener's last successful poll, and again some from shortly
   * before.
   */
  public List<Announcement> poll(String listener) {
    return poll(listener, CHANGES);
  }

  /** The jobs that clients have begun to follow, by the same rules as {@link #poll}. */
  public List<Announcement> pollWatches(String listener) {
    return poll(listener + " of watches", WATCHES);
  }

  /** The tenants that have created a webhook endpoint, by the same rules as {@link #poll}. */
  public List<Announcement> pollWebhooks(String listener) {
    return poll(listener + " of webhooks", WEBHOOKS);
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
