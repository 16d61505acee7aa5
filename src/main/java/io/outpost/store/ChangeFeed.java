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
 * and tenants, cancelled running jobs, followed jobs, new webhooks, and an outbox with events.
 * Entries are written with the change itself, or after many, and polled by all containers. Reading
 * an entry twice must be harmless. Thread-safe.
 */
@Component("changeFeed")
public class ChangeFeed {

  private static final String CHANGES = "changes";

  /** A separate feed, which only workers read, and no container of an older release. */
  private static final String WATCHES = "watches";

  /** Separate for the same reason. */
  private static final String WEBHOOKS = "webhook-changes";

  /** The tolerance for different clocks of containers and slow transactions together. */
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
   * @param subject a key's hash, a job's id; for a tenant its id
   */
  public record Announcement(Kind kind, String tenant, String subject) {}

  /** Adds an entry to the transaction of the change that it announces. */
  public void add(Change change, Announcement announcement) {
    change.put(Put.builder().tableName(names.table("tenants")).item(entry(announcement)));
  }

  /** Writes an entry about changes that are already written. */
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
   * The changes announced since this listener's last successful poll, and some from shortly before.
   */
  public List<Announcement> poll(String listener) {
    return poll(listener, CHANGES);
  }

  /** The jobs that clients follow, polled in the same way. */
  public List<Announcement> pollWatches(String listener) {
    return poll(listener + " of watches", WATCHES);
  }

  /** The tenants that created a webhook, polled in the same way. */
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
