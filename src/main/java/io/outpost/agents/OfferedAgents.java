package io.outpost.agents;

import io.outpost.aws.Names;
import io.outpost.kernel.Json;
import io.outpost.store.Items;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * Which agents some worker can run: every worker tells what it has found, and the API reads it, so
 * that a job that nobody could run is refused at once. Thread-safe.
 */
@Component("offeredAgents")
public class OfferedAgents {

  private static final String PARTITION = "workers";

  /** How long a worker that tells nothing more is believed. */
  private static final Duration BELIEVED = Duration.ofMinutes(2);

  private final DynamoDbClient dynamoDb;
  private final Names names;
  private volatile Set<String> offered = Set.of();

  OfferedAgents(DynamoDbClient dynamoDb, Names names) {
    this.dynamoDb = dynamoDb;
    this.names = names;
  }

  /** Tells what a worker can run. */
  public void tell(String worker, SortedSet<String> agents) {
    var until = Instant.now().plus(BELIEVED);
    Map<String, AttributeValue> item =
        Map.of(
            "tenant_id", Items.text(PARTITION),
            "sk", Items.text("agents#" + worker),
            "agents", AttributeValue.fromSs(agents.stream().toList()),
            "believed_until", Items.text(Json.time(until)),
            "expires_at", Items.number(until.getEpochSecond()));
    dynamoDb.putItem(p -> p.tableName(names.table("tenants")).item(item));
  }

  /** Hears what all workers can run. */
  public void hear() {
    var found = new TreeSet<String>();
    dynamoDb
        .queryPaginator(
            q ->
                q.tableName(names.table("tenants"))
                    .keyConditionExpression("tenant_id = :workers")
                    .filterExpression("believed_until >= :now")
                    .expressionAttributeValues(
                        Map.of(
                            ":workers",
                            Items.text(PARTITION),
                            ":now",
                            Items.text(Json.time(Instant.now())))))
        .items()
        .forEach(item -> found.addAll(Items.required(item, "agents").ss()));
    offered = found;
  }

  /** Whether a worker can run the agent, or no worker has told anything: then jobs wait for one. */
  public boolean mayRun(String agent) {
    var known = offered;
    return known.isEmpty() || known.contains(agent);
  }
}
