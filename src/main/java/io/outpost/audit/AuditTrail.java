package io.outpost.audit;

import io.outpost.aws.Names;
import io.outpost.kernel.Json;
import io.outpost.kernel.Shards;
import io.outpost.store.Change;
import io.outpost.store.Items;
import io.outpost.tenant.Tier;
import java.time.Duration;
import java.util.Map;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Put;

/** Converts audit entries to items of the audit table. Thread-safe. */
@Component
@EnableConfigurationProperties(AuditRetention.class)
public class AuditTrail {

  /**
   * The prefix of partitions of the index {@code open} with entries that have not passed through
   * the audit queue yet.
   */
  public static final String UNTOLD = "entry";

  private final Items items;
  private final Names names;
  private final AuditRetention retention;
  private final Duration toldWithin;

  AuditTrail(
      Items items,
      Names names,
      AuditRetention retention,
      @Value("${outpost.audit.told-within}") Duration toldWithin) {
    this.items = items;
    this.names = names;
    this.retention = retention;
    this.toldWithin = toldWithin;
  }

  /**
   * Adds an entry to the transaction of its change. The entry stays in the index {@code open} until
   * it has passed through the audit queue, and so into the archive.
   */
  public void add(Change change, AuditEntry entry) {
    var item = item(entry, Tier.ENTERPRISE);
    item.put("open_shard", Items.text(Shards.of(UNTOLD, entry.entryId())));
    item.put("open_due", Items.text(Json.time(entry.timestamp().plus(toldWithin))));
    change.put(Put.builder().tableName(names.table("audit")).item(item));
  }

  /**
   * The item of an entry from the queue. It replaces the item that was written with the change, so
   * writing it twice changes nothing.
   */
  public Map<String, AttributeValue> item(AuditEntry entry, Tier tier) {
    Map<String, AttributeValue> item = items.write(entry);
    item.put("sk", Items.text(entry.sk()));
    item.put(
        "expires_at", Items.number(entry.timestamp().plus(retention.of(tier)).getEpochSecond()));
    return item;
  }
}
