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
 * The tenants with webhook endpoints, cached in every container: new ones are polled continuously,
 * and all are read periodically. A container whose last successful poll is older than {@link
 * #BOUND} treats every tenant as having an endpoint. So a tenant misses no event once its endpoint
 * is older than that. Thread-safe.
 */
@Component("eventAudience")
public class EventAudience {

  /** The partition with one item for each tenant that has an endpoint. */
  public static final String DIRECTORY = "directory";

  /** The age up to which the cache is trusted. */
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

  /** Whether the tenant has an endpoint; true when that is unknown. */
  public boolean mayListen(String tenantId) {
    return listening.containsKey(tenantId) || System.nanoTime() - heard >= BOUND.toNanos();
  }

  /**
   * Reads which tenants have created an endpoint since the last time. Also wakes the reader of the
   * outbox when a container that does not read it has written an event.
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

  /** Records that this container created an endpoint for the tenant. */
  public void heardOf(String tenantId) {
    listening.put(tenantId, System.nanoTime());
  }

  /**
   * Reads all tenants with endpoints. Removes the others, unless they have meanwhile created one.
   */
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
