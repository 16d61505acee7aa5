package io.outpost.audit;

import io.outpost.audit.AuditMessages.Received;
import io.outpost.aws.Names;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.camel.Body;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.PutRequest;
import software.amazon.awssdk.services.dynamodb.model.WriteRequest;

/** Writes entries to the audit table. Stateless. */
@Component("auditTable")
public class AuditTable {

  /** The maximum number of writes in a request to DynamoDB. */
  private static final int WRITES = 25;

  private final DynamoDbClient dynamoDb;
  private final AuditTrail trail;
  private final TenantTiers tiers;
  private final Names names;
  private final AuditLag lag;

  AuditTable(
      DynamoDbClient dynamoDb, AuditTrail trail, TenantTiers tiers, Names names, AuditLag lag) {
    this.lag = lag;
    this.dynamoDb = dynamoDb;
    this.trail = trail;
    this.tiers = tiers;
    this.names = names;
  }

  /**
   * Up to 25 entries that are written together, and the writes that remain to be done. For one
   * exchange.
   */
  static final class Batch {
    private final List<AuditEntry> entries;
    private List<WriteRequest> left;

    private Batch(List<AuditEntry> entries, List<WriteRequest> writes) {
      this.entries = entries;
      this.left = writes;
    }
  }

  /** The table did not accept all writes. */
  static final class Throttled extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private Throttled(int left) {
      super("The audit table left %d entries unwritten".formatted(left));
    }
  }

  /** The entries of a message in batches. */
  public List<Batch> batches(@Body Received message) {
    var batches = new ArrayList<Batch>();
    var entries = message.entries();
    for (int from = 0; from < entries.size(); from += WRITES) {
      var some = entries.subList(from, Math.min(from + WRITES, entries.size()));
      var writes =
          some.stream()
              .map(entry -> trail.item(entry, tiers.of(entry.tenantId())))
              .map(item -> PutRequest.builder().item(item).build())
              .map(put -> WriteRequest.builder().putRequest(put).build())
              .toList();
      batches.add(new Batch(some, writes));
    }
    return batches;
  }

  /** Writes the remaining entries of a batch. */
  public void write(@Body Batch batch) {
    var table = names.table("audit");
    var done = dynamoDb.batchWriteItem(b -> b.requestItems(Map.of(table, batch.left)));
    batch.left = done.unprocessedItems().getOrDefault(table, List.of());
    if (!batch.left.isEmpty()) {
      throw new Throttled(batch.left.size());
    }
    lag.written(batch.entries, "table");
  }
}
