package io.outpost.agents;

import io.outpost.aws.Names;
import io.outpost.kernel.Json;
import io.outpost.store.Items;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * What the workers of this installation offer together: the agents that any of them can run, the
 * job features that all of them know, how many jobs they run at once, and how many have ended.
 * Workers report these figures. The API uses them to refuse jobs that no worker can run, and to
 * estimate when others start. Thread-safe.
 */
@Component("offeredAgents")
public class OfferedAgents {

  private static final String PARTITION = "workers";

  /** The time after which a worker that no longer reports counts as gone. */
  private static final Duration BELIEVED = Duration.ofMinutes(2);

  /**
   * The time after which the number of its slots no longer counts. It is shorter, because workers
   * report every 15 s.
   */
  private static final Duration SLOTS_BELIEVED = Duration.ofSeconds(40);

  /**
   * The greatest age of a reading that may decide about job features. Readings are usually 5 s
   * apart.
   */
  private static final Duration RECENT = Duration.ofSeconds(40);

  /**
   * The time limit for withdrawing a report: it happens while the worker stops, and must not delay
   * that.
   */
  private static final Duration LONGEST_WITHDRAWAL = Duration.ofMillis(1500);

  private final DynamoDbClient dynamoDb;
  private final Names names;
  private final EndedJobs endedJobs = new EndedJobs();
  private final LongSupplier ticker;
  private volatile long heard;
  private volatile Set<String> offered = Set.of();
  private volatile Optional<Set<String>> known = Optional.empty();
  private volatile OptionalInt slots = OptionalInt.empty();
  private volatile OptionalLong ended = OptionalLong.empty();

  @Autowired
  OfferedAgents(DynamoDbClient dynamoDb, Names names) {
    this(dynamoDb, names, System::nanoTime);
  }

  /** For tests. */
  OfferedAgents(DynamoDbClient dynamoDb, Names names, LongSupplier ticker) {
    this.dynamoDb = dynamoDb;
    this.names = names;
    this.ticker = ticker;
    this.heard = ticker.getAsLong() - RECENT.toNanos();
  }

  /**
   * Writes a worker's report.
   *
   * @param features the job features that it knows, besides those of every release; not empty
   * @param jobs how many jobs it runs at once
   * @param ended how many jobs have ended on it since its start
   */
  public void tell(
      String worker, SortedSet<String> agents, List<String> features, int jobs, long ended) {
    var until = Instant.now().plus(BELIEVED);
    Map<String, AttributeValue> item =
        Map.of(
            "tenant_id", Items.text(PARTITION),
            "sk", Items.text("agents#" + worker),
            "agents", AttributeValue.fromSs(agents.stream().toList()),
            "features", AttributeValue.fromSs(features),
            "slots", Items.number(jobs),
            "ended", Items.number(ended),
            "believed_until", Items.text(Json.time(until)),
            "expires_at", Items.number(until.getEpochSecond()));
    dynamoDb.putItem(p -> p.tableName(names.table("tenants")).item(item));
  }

  /** Removes the report of a worker that takes no further jobs. */
  public void withdraw(String worker) {
    dynamoDb.deleteItem(
        d ->
            d.tableName(names.table("tenants"))
                .key(
                    Map.of(
                        "tenant_id", Items.text(PARTITION),
                        "sk", Items.text("agents#" + worker)))
                .overrideConfiguration(o -> o.apiCallTimeout(LONGEST_WITHDRAWAL)));
  }

  /** Reads and combines the reports of all workers. */
  public synchronized void hear() {
    var began = ticker.getAsLong();
    var now = Instant.now();
    var found = new TreeSet<String>();
    var knowing = new ArrayList<Set<String>>();
    var told = new ArrayList<OptionalInt>();
    var counts = new HashMap<String, OptionalLong>();
    var alive = Json.time(now.plus(BELIEVED).minus(SLOTS_BELIEVED));
    dynamoDb
        .queryPaginator(
            q ->
                q.tableName(names.table("tenants"))
                    .keyConditionExpression("tenant_id = :workers")
                    .filterExpression("believed_until >= :now")
                    .expressionAttributeValues(
                        Map.of(
                            ":workers", Items.text(PARTITION), ":now", Items.text(Json.time(now)))))
        .items()
        .forEach(
            item -> {
              found.addAll(Items.required(item, "agents").ss());
              knowing.add(featuresOf(item));
              counts.put(Items.required(item, "sk").s(), endedAt(item));
              if (Items.required(item, "believed_until").s().compareTo(alive) >= 0) {
                told.add(slotsOf(item));
              }
            });
    offered = found;
    known = knowing.stream().reduce(OfferedAgents::both);
    ended = endedJobs.add(counts);
    slots =
        told.isEmpty() || told.stream().anyMatch(OptionalInt::isEmpty)
            ? OptionalInt.empty()
            : OptionalInt.of(told.stream().mapToInt(OptionalInt::getAsInt).sum());
    heard = began;
  }

  private boolean isOld() {
    return ticker.getAsLong() - heard >= RECENT.toNanos();
  }

  private static Set<String> both(Set<String> one, Set<String> other) {
    var common = new TreeSet<>(one);
    common.retainAll(other);
    return common;
  }

  /** The job features in a report; a worker of the previous release may report none. */
  private static Set<String> featuresOf(Map<String, AttributeValue> item) {
    var told = item.get("features");
    return told == null ? Set.of() : Set.copyOf(told.ss());
  }

  /** The ended jobs in a report; a worker of the previous release may not report them. */
  private static OptionalLong endedAt(Map<String, AttributeValue> item) {
    var told = item.get("ended");
    return told == null ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(told.n()));
  }

  /** The slots in a report; a worker of the previous release may not report them. */
  private static OptionalInt slotsOf(Map<String, AttributeValue> item) {
    var told = item.get("slots");
    return told == null ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(told.n()));
  }

  /**
   * The number of jobs that all workers together run at once; empty when not all have reported it.
   */
  public OptionalInt slots() {
    return slots;
  }

  /**
   * The number of jobs that have ended on all workers, of which only differences are meaningful;
   * empty when not all have reported it.
   */
  public OptionalLong ended() {
    return ended;
  }

  /**
   * Whether all workers that take jobs know the feature; true without any worker, so that jobs wait
   * for one. When the last reading is too old, reads again; fails when that fails, because a guess
   * could let a worker ignore the job's options.
   */
  public boolean allKnow(String feature) {
    if (isOld()) {
      synchronized (this) {
        if (isOld()) { // Another thread may have read meanwhile.
          hear();
        }
      }
    }
    return known.map(features -> features.contains(feature)).orElse(true);
  }

  /**
   * Whether a worker can run the agent; true while no worker has reported, so that jobs wait for
   * one.
   */
  public boolean mayRun(String agent) {
    var some = offered;
    return some.isEmpty() || some.contains(agent);
  }
}
