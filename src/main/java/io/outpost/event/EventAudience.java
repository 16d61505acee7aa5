package io.outpost.event;

import io.outpost.aws.Names;
import io.outpost.store.ChangeFeed;
import io.outpost.store.ChangeFeed.Announcement;
import io.outpost.store.Items;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/**
 * Which tenants have an endpoint, known without asking: every container hears each second of those
 * that made one, and reads all of them now and then. A container that has not heard anything for
 * {@link #BOUND} takes every tenant for one that has; so whoever made an endpoint longer ago than
 * that misses nothing. Thread-safe.
 */
@Component("eventAudience")
public class EventAudience {

  /** The partition with one item for each tenant that has an endpoint. */
  public static final String DIRECTORY = "directory";

  /** How old what is known may be. */
  static final Duration BOUND = Duration.ofSeconds(2);

  private static final Duration READ_AGAIN_AFTER = Duration.ofMinutes(10);

  private final DynamoDbClient dynamoDb;
  private final ChangeFeed changeFeed;
  private final OutboxPace pace;
  private final Names names;
  private final Map<String, Long> listening = new ConcurrentHashMap<>();
  private volatile long heard = System.nanoTime() - BOUND.toNanos();
  private volatile long read = System.nanoTime() - READ_AGAIN_AFTER.toNanos();

  EventAudience(DynamoDbClient dynamoDb, ChangeFeed changeFeed, OutboxPace pace, Names names) {
    this.dynamoDb = dynamoDb;
    this.changeFeed = changeFeed;
    this.pace = pace;
    this.names = names;
  }

  /** Whether the tenant has an endpoint; also when that is not known. */
  public boolean mayListen(String tenantId) {
    return listening.containsKey(tenantId) || System.nanoTime() - heard >= BOUND.toNanos();
  }

  /**
   * Hears which tenants made an endpoint since the last time, and whether something was put into
   * the outbox where nobody looks into it.
   */
  public void hear() {
    var began = System.nanoTime();
    if (began - read >= READ_AGAIN_AFTER.toNanos()) {
      readAll();
      read = began;
    }
    changeFeed.pollWebhooks("audience").forEach(this::heardOf);
    heard = began;
  }

  private void heardOf(Announcement announcement) {
    if (announcement.subject().equals(OutboxPace.OUTBOX)) {
      pace.wake();
    } else {
      heardOf(announcement.tenant());
    }
  }

  /** This container made an endpoint for the tenant. */
  public void heardOf(String tenantId) {
    listening.put(tenantId, System.nanoTime());
  }

  /** Whoever is not among them any more goes, unless it was heard of meanwhile. */
  private void readAll() {
    var began = System.nanoTime();
    var found = new HashSet<String>();
    dynamoDb
        .queryPaginator(
            q ->
                q.tableName(names.table("webhooks"))
                    .keyConditionExpression("tenant_id = :directory")
                    .consistentRead(true)
                    .filterExpression("endpoints > :none")
                    .expressionAttributeValues(
                        Map.of(
                            ":directory", Items.text(DIRECTORY),
                            ":none", Items.number(0))))
        .items()
        .forEach(item -> found.add(Items.required(item, "sk").s()));
    listening
        .entrySet()
        .removeIf(known -> !found.contains(known.getKey()) && known.getValue() - began < 0);
    found.forEach(this::heardOf);
  }
}
